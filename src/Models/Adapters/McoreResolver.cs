using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Adapters;

/// <summary>Makes the changes of a model out of a Megatron adapter: each Hugging Face weight takes its rows of B and the A of the module it is fused in.</summary>
sealed class McoreResolver(ICheckpointReader reader, McoreAdapterFacts facts, McoreAdapterOptions options)
{
    const string Layers = "decoder.layers.";

    readonly Dictionary<string, TensorInfo> _a = new(StringComparer.Ordinal);
    readonly Dictionary<string, TensorInfo> _b = new(StringComparer.Ordinal);
    readonly Dictionary<string, TensorInfo> _saved = new(StringComparer.Ordinal);
    readonly string _where = reader.Path;

    internal LogicalAdapter Resolve(AdapterModel model)
    {
        Sort();
        var names = _a.Keys.Concat(_saved.Keys).ToHashSet(StringComparer.Ordinal);
        var map = model.Map(Options(names, model.Config!.Model.VocabSize), new HashSet<string>());
        var links = new NamingLinks(map.Reverse());
        var weights = map.Right.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        var modules = new List<LoraModule>();
        foreach (var (weight, a) in _a)
        {
            if (!weights.TryGetValue(weight, out var tensor)) { McoreThrow.NoWeight(_where, a.Name, weight); }
            AddModules(tensor, a, _b[weight], model.Config!.Model, links, modules);
        }
        var place = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < map.Left.Tensors.Count; i++) { place[map.Left.Tensors[i].Name] = i; }
        var saved = new List<SavedTensor>();
        foreach (var (parameter, tensor) in _saved) { AddSaved(parameter, tensor, weights, links, saved); }
        return new LogicalAdapter([.. modules.OrderBy(module => place[module.Weight])], saved, _where)
        {
            Dropout = facts.Dropout,
            TaskType = facts.TaskType == "seq_cls" ? "SEQ_CLS" : "CAUSAL_LM",
            BaseModel = facts.Model,
            Notes = Notes(modules),
        };
    }

    // Shipped scripts give other numbers than the run had; the ratio is what counts.
    string[] Notes(List<LoraModule> modules) =>
        options.Scaling is { } asked && facts.Alpha is { } alpha && modules is [{ Rank: var rank }, ..] && Formats.Peft.PeftTargets.Scaling(alpha, rank, facts.UseRslora ?? false) is var said && said != asked
            ? [FormattableString.Invariant($"the adapter's change is scaled by {asked}, as asked; the args beside it say alpha {alpha} and its tensors rank {rank}, which make {said}")]
            : [];

    void Sort()
    {
        var adapters = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var tensor in reader.Tensors)
        {
            if (tensor.Name.EndsWith("_lora_a", StringComparison.Ordinal) || tensor.Name.EndsWith("_lora_b", StringComparison.Ordinal)) { McoreThrow.Grouped(_where, tensor.Name); }
            // Optimizer state repeats the names of what it belongs to.
            if (BridgeExtras.MegatronDrops.Any(drop => drop.Names.IsMatch(tensor.Name))) { continue; }
            var key = McoreAdapterKey.Parse(tensor.Name);
            if (key.Adapter.Length > 0) { adapters.Add(key.Adapter); }
            if (key.Adapter != options.Adapter) { continue; }
            (key.Part switch { McorePart.A => _a, McorePart.B => _b, _ => _saved }).Add(key.Parameter, tensor);
        }
        if (_a.Count + _b.Count + _saved.Count == 0) { McoreThrow.NoSuchAdapter(_where, options.Adapter, adapters); }
        foreach (var (weight, a) in _a)
        {
            if (!_b.ContainsKey(weight)) { McoreThrow.Alone(_where, a.Name, "lora_B"); }
        }
        foreach (var (weight, b) in _b)
        {
            if (!_a.ContainsKey(weight)) { McoreThrow.Alone(_where, b.Name, "lora_A"); }
        }
    }

    IReadOnlyDictionary<string, string> Choices => options.Choices.Count == 0 && facts.Dialect is { } told ? new Dictionary<string, string> { [Opening.ModelCheckpoint.DialectChoice] = told } : options.Choices;

    /// <summary>mcore-bridge has the rows key head by key head, which is the same for every split.</summary>
    bool IsBySection(string weight) => GatedRows.IsOfLinearAttention(weight) && Choices.GetValueOrDefault(Opening.ModelCheckpoint.DialectChoice) == Families.GatedRows.Native;

    /// <summary>Source: megatron-core `GatedDeltaNet`: query, key, value, z, beta, alpha.</summary>
    static long[] Sections(DeltaNetConfig net)
    {
        var (keys, values) = (net.KeyHeads * net.KeyDim, net.ValueHeads * net.ValueDim);
        return [keys, keys, values, values, net.ValueHeads, net.ValueHeads];
    }

    BridgeOptions Options(HashSet<string> names, long vocabulary)
    {
        var layered = names.FirstOrDefault(name => name.Contains(Layers, StringComparison.Ordinal));
        var at = layered?.IndexOf(Layers, StringComparison.Ordinal) ?? 0;
        var rows = _b.Concat(_saved).Where(static entry => IsVocabulary(entry.Key) && entry.Value.Shape.Rank == 2).Select(static entry => entry.Value.Shape[0]).DefaultIfEmpty().Max();
        return new BridgeOptions
        {
            PaddedVocab = rows > vocabulary ? rows : 0,
            MegatronHas = names.Contains,
            Choices = Choices,
            MegatronPrefix = layered?[..at] ?? "",
            KeyForm = layered is null ? KeyForm.Automatic : char.IsAsciiDigit(layered[at + Layers.Length]) ? KeyForm.PerLayer : KeyForm.Stacked,
        };
    }

    void AddModules(MappedTensor weight, TensorInfo a, TensorInfo b, ModelConfig model, NamingLinks links, List<LoraModule> modules)
    {
        var shape = weight.StoredShape;
        var rank = CheckShapes(shape, a, b);
        var ranks = RanksOf(weight.Name, b);
        var rows = IsBySection(weight.Name) && model.DeltaNet is { } net
            ? GatedRows.OfLinearAttention(weight.Name, shape[shape.Rank - 2], Sections(net), ranks)
            : GatedRows.Of(weight.Name, shape[shape.Rank - 2], ranks);
        var scaling = options.Scaling ?? Formats.Peft.PeftTargets.Scaling(options.Alpha ?? facts.Alpha ?? McoreThrow.NoAlpha(_where), (int)rank, options.UseRslora ?? facts.UseRslora ?? false);
        var found = new Dictionary<(string Weight, int Expert), SortedDictionary<long, (AxisRun[] Lead, long Row, bool Transposed)>>();
        foreach (var (hf, linked) in links.Of(weight.Name))
        {
            foreach (var (expert, runs) in ByExpert(linked.Reverse(), hf.StoredShape.Rank)) { Collect(hf.Name, expert, runs, shape, rows, found, a); }
        }
        foreach (var ((name, expert), outs) in found)
        {
            var (lead, _, transposed) = outs.Values.First();
            AxisRun[] aPart = [.. lead, new AxisRun(0, 1, rank), new AxisRun(0, 1, shape[shape.Rank - 1])];
            var bParts = Runs([.. outs.Values.Select(static o => o.Row)]).Select(run => (AxisRun[])[.. lead, run, new AxisRun(0, 1, rank)]).ToArray();
            modules.Add(new LoraModule(ModuleOf(name), name, expert, new FactorSource(reader, a, [aPart]), new FactorSource(reader, b, bParts), scaling) { IsTransposed = transposed });
        }
    }

    long CheckShapes(Shape weight, TensorInfo a, TensorInfo b)
    {
        var axes = weight.Rank;
        if (a.Shape.Rank != axes || b.Shape.Rank != axes) { McoreThrow.Shape(_where, a.Shape.Rank != axes ? a : b, $"one of {axes} axes, as the weight is {weight}"); }
        var rank = a.Shape[axes - 2];
        var (wantedA, wantedB) = (weight.ToArray(), weight.ToArray());
        (wantedA[axes - 2], wantedB[axes - 1]) = (rank, rank);
        if (a.Shape != new Shape(wantedA)) { McoreThrow.Shape(_where, a, $"{new Shape(wantedA)}"); }
        if (b.Shape != new Shape(wantedB)) { McoreThrow.Shape(_where, b, $"{new Shape(wantedB)}"); }
        if (rank == 0) { McoreThrow.Shape(_where, a, "one with elements"); }
        if (facts.Rank is { } said && said != rank) { McoreThrow.Rank(_where, a, rank, said); }
        return rank;
    }

    int RanksOf(string weight, TensorInfo b)
    {
        // Files of single ranks are put together as the weight is.
        if (!(GatedRows.Is(weight) || IsBySection(weight)) || reader.Format == FormatNames.LegacyTorch) { return 1; }
        var isExpert = weight.Contains(".experts.", StringComparison.Ordinal);
        if (options.SavedTensorParallel is { } given && !isExpert) { return given; }
        var chunks = GatedRows.RanksOf(b);
        // Experts are split by a size of their own, which is 1 under LoRA.
        if (!isExpert && facts.TensorParallel is { } said && said != chunks) { McoreThrow.Contradiction(_where, b.Name, chunks, said); }
        return chunks;
    }

    static IEnumerable<(int Expert, LinkedRuns Runs)> ByExpert(LinkedRuns runs, int axes)
    {
        if (axes < 3) { yield return (-1, runs); yield break; }
        for (var i = 0L; i < runs.Left[0].Count; i++) { yield return ((int)runs.Left[0][i], runs.At(0, runs.Left[0][i])!); }
    }

    /// <summary>For each output of a Hugging Face weight, the stored row of B.</summary>
    void Collect(
        string name, int expert, LinkedRuns runs, Shape shape, GatedRows rows,
        Dictionary<(string Weight, int Expert), SortedDictionary<long, (AxisRun[] Lead, long Row, bool Transposed)>> found, TensorInfo a)
    {
        var (row, column) = (runs.Left.Count - 2, runs.Left.Count - 1);
        if (row < 0) { McoreThrow.Layout(_where, name, a.Name); }
        // Which Hugging Face axis the weight's rows run along.
        var transposed = runs.RightAxis[column] == shape.Rank - 2 || runs.RightAxis[row] == shape.Rank - 1;
        var (outs, ins) = transposed ? (runs.Left[column], runs.Left[row]) : (runs.Left[row], runs.Left[column]);
        if (ins.Count != shape[shape.Rank - 1] || ins.Step != 1) { McoreThrow.Layout(_where, name, a.Name); }
        var lead = runs.Right.Take(shape.Rank - 2).ToArray();
        if (lead.Any(static run => run.Count != 1)) { McoreThrow.Layout(_where, name, a.Name); }
        if (!found.TryGetValue((name, expert), out var list)) { found.Add((name, expert), list = []); }
        var stored = runs.Right[shape.Rank - 2];
        for (var i = 0L; i < outs.Count; i++) { list.Add(outs[i], (lead, rows.Stored(stored[i]), transposed)); }
    }

    /// <summary>Rows as runs of neighbours.</summary>
    static List<AxisRun> Runs(IReadOnlyList<long> rows)
    {
        var runs = new List<AxisRun>();
        foreach (var row in rows)
        {
            if (runs.Count > 0 && runs[^1].Start + runs[^1].Count == row) { runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 }; }
            else { runs.Add(AxisRun.One(row)); }
        }
        return runs;
    }

    void AddSaved(string parameter, TensorInfo tensor, Dictionary<string, MappedTensor> weights, NamingLinks links, List<SavedTensor> saved)
    {
        if (!weights.TryGetValue(parameter, out var weight)) { McoreThrow.NoWeight(_where, tensor.Name, parameter); }
        var expected = weight.StoredShape;
        if (tensor.Shape != expected) { McoreThrow.Shape(_where, tensor, $"{expected}"); }
        var parts = new Dictionary<string, (Shape Shape, List<SavedPart> Parts)>(StringComparer.Ordinal);
        foreach (var (hf, runs) in links.Of(parameter))
        {
            if (!parts.TryGetValue(hf.Name, out var list)) { parts.Add(hf.Name, list = (hf.StoredShape, [])); }
            list.Parts.Add(new SavedPart(tensor, runs.Reverse()));
        }
        foreach (var (name, (shape, list)) in parts) { saved.Add(new SavedTensor(name, shape, reader, list, false)); }
    }

    static bool IsVocabulary(string parameter) =>
        parameter.EndsWith("word_embeddings.weight", StringComparison.Ordinal) || parameter.EndsWith("output_layer.weight", StringComparison.Ordinal);

    static string ModuleOf(string weight) => weight.EndsWith(".weight", StringComparison.Ordinal) ? weight[..^".weight".Length] : weight;
}
