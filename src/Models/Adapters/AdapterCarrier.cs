using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Elements;

namespace Ckpt.Models.Adapters;

/// <summary>
/// Carries an adapter over to a base's own names: by name where the base has it, else by the map between namings, in two steps where both are Hugging
/// Face's (experts one by one and fused).
/// </summary>
sealed class AdapterCarrier
{
    readonly Dictionary<string, TensorInfo> _tensors;
    readonly bool _megatron;
    readonly AdapterModel _model;
    readonly IReadOnlyDictionary<string, string> _choices;

    internal AdapterCarrier(ICheckpointReader reader, bool megatron, AdapterModel model, IReadOnlyDictionary<string, string> choices)
    {
        _tensors = reader.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        (_megatron, _model, _choices) = (megatron, model, choices);
    }

    /// <summary>What the adapter does to each tensor of the base.</summary>
    internal IReadOnlyDictionary<string, AdapterStep> Carry(LogicalAdapter adapter)
    {
        CheckTied(adapter);
        var places = new AdapterPlaces(_tensors, _megatron, _model, _choices, adapter);
        var copies = new Dictionary<string, List<CopyPiece>>(StringComparer.Ordinal);
        var deltas = new Dictionary<string, List<DeltaPiece>>(StringComparer.Ordinal);
        foreach (var saved in adapter.Saved) { Replace(saved, places, copies, adapter.Where); }
        foreach (var module in adapter.Modules)
        {
            Add(module, places, deltas, adapter.Where);
            if (module.BiasDelta is not null) { AddBias(module, places, deltas, adapter.Where); }
        }
        return copies.Keys.Union(deltas.Keys).ToDictionary(
            static name => name,
            name => new AdapterStep(copies.GetValueOrDefault(name) ?? [], new DeltaIndex(deltas.GetValueOrDefault(name) ?? [])),
            StringComparer.Ordinal);
    }

    /// <summary>ADP-5.8.</summary>
    void CheckTied(LogicalAdapter adapter)
    {
        if (_model.Config is not { Model.TieWordEmbeddings: true } config) { return; }
        var embedding = config.Family.HfEmbedding;
        foreach (var name in adapter.Modules.Select(static module => module.Weight).Concat(adapter.Saved.Select(static saved => saved.Name)))
        {
            if (name == embedding || name == config.Family.HfHead || "model." + name == embedding) { Throw.Tied(adapter.Where, name); }
        }
    }

    static void Replace(SavedTensor saved, AdapterPlaces places, Dictionary<string, List<CopyPiece>> copies, string where)
    {
        foreach (var (tensor, runs) in places.Of(saved.Name, where))
        {
            foreach (var part in saved.Parts)
            {
                // From the saved tensor's stored axes to the base's.
                if (part.Runs.To(runs) is not { } stored) { continue; }
                var (rows, columns) = RowsOf(tensor, stored.Right, where, saved.Name);
                for (var axis = 0; axis < stored.Left.Count; axis++)
                {
                    if (stored.Left[axis] is { Step: > 1 } || (stored.Left[axis].Count > 1 && stored.RightAxis[axis] < tensor.Shape.Rank - 2)) { Throw.Layout(where, saved.Name, tensor.Name); }
                }
                Get(copies, tensor.Name).Add(new CopyPiece(rows, columns, new TensorSingles(saved.Reader, part.Stored), stored));
            }
        }
    }

    static void Add(LoraModule module, AdapterPlaces places, Dictionary<string, List<DeltaPiece>> deltas, string where)
    {
        foreach (var (tensor, all) in places.Of(module.Weight, where))
        {
            if ((module.Expert < 0 ? all : all.At(0, module.Expert)) is not { } runs) { continue; }
            var (left, right) = (runs.Left.Count, runs.Right.Count);
            var swapped = runs.RightAxis[left - 1] == right - 2 || runs.RightAxis[left - 2] == right - 1;
            var (rows, columns) = RowsOf(tensor, runs.Right, where, module.Weight);
            // Along which of the weight's own axes the base's rows run, and which way round the factors then stand.
            var (sourceRows, sourceColumns) = swapped ? (runs.Left[left - 1], runs.Left[left - 2]) : (runs.Left[left - 2], runs.Left[left - 1]);
            var transposed = module.IsTransposed ^ swapped;
            FactorView? magnitude = null;
            if (module.Magnitude is { } source)
            {
                if (transposed || swapped || sourceColumns != new AxisRun(0, 1, module.Columns)) { Throw.Dora(where, module.Name, tensor.Name); }
                magnitude = new FactorView(source, false, new AxisRun(0, 1, source.Columns));
            }
            var outer = transposed ? module.A : module.B;
            var inner = transposed ? module.B : module.A;
            Get(deltas, tensor.Name).Add(new DeltaPiece(
                module.Weight, rows, columns, sourceRows,
                new FactorView(outer, transposed, new AxisRun(0, 1, module.Rank)), new FactorView(inner, transposed, sourceColumns),
                module.Rank, (float)module.Scaling, magnitude));
        }
    }

    static void AddBias(LoraModule module, AdapterPlaces places, Dictionary<string, List<DeltaPiece>> deltas, string where)
    {
        foreach (var (tensor, runs) in places.Of(module.Bias!, where))
        {
            var (rows, columns) = RowsOf(tensor, runs.Right, where, module.Bias!);
            Get(deltas, tensor.Name).Add(new DeltaPiece(
                module.Bias!, rows, columns, AxisRun.One(0), default, new FactorView(module.BiasDelta, false, runs.Left[0]), 1, (float)module.Scaling, null));
        }
    }

    /// <summary>Runs of a tensor's axes as rows, counted over all axes but the last, and columns.</summary>
    static (AxisRun Rows, AxisRun Columns) RowsOf(TensorInfo tensor, IReadOnlyList<AxisRun> runs, string where, string name)
    {
        if (runs.Count == 1) { return (AxisRun.One(0), runs[0]); }
        var first = 0L;
        for (var axis = 0; axis < runs.Count - 2; axis++)
        {
            if (runs[axis].Count != 1) { Throw.Layout(where, name, tensor.Name); }
            first = (first + runs[axis].Start) * tensor.Shape[axis + 1];
        }
        return (runs[^2] with { Start = first + runs[^2].Start }, runs[^1]);
    }

    static List<T> Get<T>(Dictionary<string, List<T>> lists, string name)
    {
        if (!lists.TryGetValue(name, out var list)) { lists.Add(name, list = []); }
        return list;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Tied(string where, string name) => throw new UnsupportedCheckpointException(
            "ADP-5.8", where, $"changes {name}, and the base ties its output layer to its embedding: merging one would change the other; untie the base first");

        [DoesNotReturn]
        internal static void Dora(string where, string module, string tensor) => throw new UnsupportedCheckpointException(
            "ADP-5.2", where, $"{module} has magnitudes (use_dora), and rows of {tensor} are not whole outputs of it; such a weight is not merged");

        [DoesNotReturn]
        internal static void Layout(string where, string name, string tensor) => throw new UnsupportedCheckpointException(
            "ADP-5.5", where, $"{name} lies in {tensor} of the base in another way than by rows and columns");
    }
}
