using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>
/// The tensors of a model that torch.distributed.checkpoint stored by its modules' names, as Megatron's own checkpoints have them: experts as an
/// axis, gate above up, norms where they are fused. Pure.
/// </summary>
/// <param name="Views">The tensors, in the order of their first parts.</param>
/// <param name="Steps">Stored steps of single parameters, by the parameter's name there.</param>
/// <param name="Others">Stored tensors of neither model nor optimizer.</param>
/// <param name="LeftOut">Names of Transformer Engine's calibration states, which no reader needs.</param>
sealed record DcpAssembly(
    IReadOnlyList<TensorView> Views, IReadOnlyList<KeyValuePair<string, TensorInfo>> Steps, IReadOnlyList<TensorInfo> Others, IReadOnlyList<string> LeftOut)
{
    const string Step = "step";

    /// <summary>Whether names are those of a model of Megatron.</summary>
    internal static bool IsMegatron(IEnumerable<string> names) => names.Any(static name =>
        DcpName.TryModel(name, out var found)
        && (found.Key.EndsWith("embedding.word_embeddings.weight", StringComparison.Ordinal) || found.Key.Contains("decoder.layers.", StringComparison.Ordinal)));

    /// <summary>Whether names are those that Megatron-FSDP gives: a wrapper's below <c>model.</c>, halves of gated projections, groups by parameter.</summary>
    internal static bool IsFsdp(IEnumerable<string> names) => names.Any(static name =>
        name.StartsWith("model.module.", StringComparison.Ordinal) || name.StartsWith("optimizer.param_to_group_meta.", StringComparison.Ordinal)
        || (DcpName.TryModel(name, out var found) && found.Half != DcpHalf.Whole));

    /// <summary>Puts a checkpoint's tensors together.</summary>
    /// <exception cref="CheckpointException">TDC-6.2 to TDC-6.5: parts that lack or do not fit.</exception>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="numbered">States of parameters by number: the state and the parameter's stored name.</param>
    internal static DcpAssembly Of(ICheckpointReader reader, IReadOnlyDictionary<string, (string State, string Parameter)>? numbered = null)
    {
        var found = new Dictionary<string, List<(DcpName Name, TensorInfo Tensor)>>(StringComparer.Ordinal);
        var order = new List<string>();
        var steps = new List<KeyValuePair<string, TensorInfo>>();
        var others = new List<TensorInfo>();
        var leftOut = new List<string>();
        var norms = new DcpNorms(reader.Tensors);
        foreach (var tensor in reader.Tensors)
        {
            DcpName name;
            if (numbered?.TryGetValue(tensor.Name, out var told) == true) { name = DcpName.Of(told.State, told.Parameter); }
            else if (!DcpName.TryModel(tensor.Name, out name) && !DcpName.TryState(tensor.Name, out name)) { others.Add(tensor); continue; }
            if (name.Key.EndsWith("._extra_state", StringComparison.Ordinal)) { leftOut.Add(tensor.Name); continue; }
            if (name.State == Step && tensor.Shape.Count == 1) { steps.Add(new(StoredParameter(tensor.Name), tensor)); continue; }
            if (name.Key.EndsWith("mlp.experts.weight1", StringComparison.Ordinal) || name.Key.EndsWith("mlp.experts.weight2", StringComparison.Ordinal)) { Throw.Grouped(tensor.Name); }
            var key = norms.Fused(name.Key);
            var whole = name.State is null ? key : LogicalNames.Of(name.State, key);
            if (!found.TryGetValue(whole, out var parts))
            {
                found.Add(whole, parts = []);
                order.Add(whole);
            }
            parts.Add((name, tensor));
        }
        return new DcpAssembly([.. order.Select(name => Join(name, reader, found[name]))], steps, others, leftOut);
    }

    /// <summary>What stands for the parameter in a state's name.</summary>
    static string StoredParameter(string stored) => stored["optimizer.state.".Length..stored.LastIndexOf('.')];

    static JoinedTensor Join(string name, ICheckpointReader reader, List<(DcpName Name, TensorInfo Tensor)> parts)
    {
        if (parts is [(var only, var tensor)] && only is { Expert: < 0, Half: DcpHalf.Whole }) { return JoinedTensor.Renamed(name, reader, tensor); }
        var isStack = parts[0].Name.Expert >= 0;
        var experts = new SortedDictionary<int, (TensorInfo? Whole, TensorInfo? Gate, TensorInfo? Up)>();
        foreach (var (part, stored) in parts)
        {
            var held = experts.GetValueOrDefault(part.Expert);
            var before = part.Half switch { DcpHalf.Whole => held.Whole, DcpHalf.Gate => held.Gate, _ => held.Up };
            if (before is not null || part.Expert >= 0 != isStack) { Throw.Twice(name, stored.Name, (before ?? parts[0].Tensor).Name); }
            experts[part.Expert] = part.Half switch
            {
                DcpHalf.Whole => held with { Whole = stored },
                DcpHalf.Gate => held with { Gate = stored },
                _ => held with { Up = stored },
            };
        }
        var joined = new List<JoinedPart>(parts.Count);
        Shape? shape = null;
        var next = 0;
        foreach (var (expert, (whole, gate, up)) in experts)
        {
            if (isStack && expert != next) { Throw.ExpertMissing(name, next, parts.Count); }
            next++;
            var own = whole?.Shape ?? Halves(name, gate, up);
            if (whole is not null && (gate ?? up) is { } half) { Throw.Twice(name, whole.Name, half.Name); }
            if ((shape ??= own) != own || (whole ?? gate!).DType != parts[0].Tensor.DType) { Throw.Unlike(name, (whole ?? gate!), shape.Value, parts[0].Tensor.DType); }
            long[] offset = isStack ? [expert, .. new long[own.Rank]] : new long[own.Rank];
            joined.Add(new JoinedPart(whole ?? gate!, offset));
            if (whole is not null) { continue; }
            var below = (long[])offset.Clone();
            below[isStack ? 1 : 0] = gate!.Shape[0];
            joined.Add(new JoinedPart(up!, below));
        }
        var all = shape!.Value;
        return new JoinedTensor(name, isStack ? Counted(name, [next, .. all.Dims]) : all, reader, joined);
    }

    /// <summary>The shape of both together: rows of the gate, then those of up.</summary>
    static Shape Halves(string name, TensorInfo? gate, TensorInfo? up)
    {
        if (gate is null || up is null) { return Throw.HalfMissing(name, (gate ?? up)!.Name); }
        if (gate.Shape != up.Shape || gate.Shape.Rank == 0 || gate.DType != up.DType) { return Throw.HalvesUnlike(name, gate, up); }
        return Counted(name, gate.Shape.ToArray(), 2);
    }

    /// <summary>Tensors of no elements can announce any axes; what they make together must still be countable.</summary>
    static Shape Counted(string name, long[] dims, long times = 1)
    {
        UInt128 bytes = 16;
        for (var i = 0; i < dims.Length; i++)
        {
            bytes *= (ulong)Math.Max(1, dims[i]) * (UInt128)(i == 0 ? times : 1);
            if (bytes > long.MaxValue) { Throw.TooLarge(name); }
        }
        dims[0] *= times;
        return new Shape(dims);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Twice(string name, string stored, string other) => throw new MalformedCheckpointException(
            "TDC-6.2", Quoted.Name(stored), $"is {name}, as {other} is");

        [DoesNotReturn]
        internal static Shape HalfMissing(string name, string stored) => throw new MalformedCheckpointException(
            "TDC-6.3", Quoted.Name(stored), $"is one half of {name}, the other is missing; gate (_w) and up (_v) come in pairs");

        [DoesNotReturn]
        internal static Shape HalvesUnlike(string name, TensorInfo gate, TensorInfo up) => throw new MalformedCheckpointException(
            "TDC-6.3", Quoted.Name(name), $"its halves are of {gate.DType.DisplayName()} {gate.Shape} and {up.DType.DisplayName()} {up.Shape}");

        [DoesNotReturn]
        internal static void ExpertMissing(string name, int expert, int parts) => throw new MalformedCheckpointException(
            "TDC-6.4", Quoted.Name(name), $"of its {parts} stored parts none is of expert {expert}; experts count from 0");

        [DoesNotReturn]
        internal static void Unlike(string name, TensorInfo part, Shape shape, DType dtype) => throw new MalformedCheckpointException(
            "TDC-6.4", Quoted.Name(part.Name), $"is of {part.DType.DisplayName()} {part.Shape}; other experts of {name} make {dtype.DisplayName()} {shape}");

        [DoesNotReturn]
        internal static void TooLarge(string name) => throw new MalformedCheckpointException(
            "TDC-6.4", Quoted.Name(name), "its parts make more than 2^63 bytes together");

        [DoesNotReturn]
        internal static void Grouped(string name) => throw new UnsupportedCheckpointException(
            "TDC-6.5", Quoted.Name(name), "holds all experts in one matrix (GroupedMLP of Megatron-core before 0.17), sharded across them; read are experts with a tensor each");
    }
}
