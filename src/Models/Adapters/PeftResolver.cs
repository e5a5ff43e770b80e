using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>Makes the changes of a model out of a PEFT adapter's tensors, as its config says what they are.</summary>
sealed class PeftResolver
{
    /// <summary>The order in which transformers' fused experts declare their parameters, which is the order adapters are nested in.</summary>
    static readonly string[] s_declared = ["gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias"];

    readonly PeftConfig _config;
    readonly PeftTargets _targets;
    readonly ICheckpointReader _reader;
    readonly string _where;
    readonly IReadOnlyList<(PeftKey Key, TensorInfo Tensor)> _tensors;
    readonly List<LoraModule> _modules = [];
    readonly List<SavedTensor> _saved = [];
    readonly HashSet<string> _adapted = new(StringComparer.Ordinal);
    AdapterModel? _model;

    internal PeftResolver(PeftConfig config, ICheckpointReader reader, IReadOnlyList<(PeftKey Key, TensorInfo Tensor)> tensors, string where)
    {
        (_config, _reader, _tensors, _where) = (config, reader, tensors, where);
        _targets = new PeftTargets(config);
    }

    internal LogicalAdapter Resolve(AdapterModel model)
    {
        _model = model;
        var shapes = model.Shapes(Names());
        foreach (var group in Groups())
        {
            if (Find(group, PeftPart.A, PeftPart.EmbeddingA) is not null) { AddLora(group, shapes); }
            else if (Find(group, PeftPart.B, PeftPart.EmbeddingB, PeftPart.BBias, PeftPart.Magnitude) is { } stray) { PeftThrow.Incomplete(_where, stray.Name, "lora_A"); }
        }
        foreach (var (key, tensor) in _tensors)
        {
            if (key.Part is PeftPart.Saved or PeftPart.Base) { AddSaved(key, tensor, shapes); }
        }
        PeftExpected.Check(_targets, shapes, _adapted, _where);
        return new LogicalAdapter(_modules, _saved, _where)
        {
            Dropout = _config.Dropout,
            TaskType = _config.TaskType ?? "CAUSAL_LM",
            BaseModel = _config.BaseModel,
        };
    }

    /// <summary>The weights that the keys speak of, by every name they may have.</summary>
    HashSet<string> Names()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, _) in _tensors)
        {
            if (key.Part is PeftPart.Saved or PeftPart.Base) { names.Add(key.Name); continue; }
            names.Add(key.Module + ".weight");
            foreach (var parameter in _config.TargetParameters) { names.Add($"{key.Module}.{parameter[(parameter.LastIndexOf('.') + 1)..]}"); }
        }
        return names;
    }

    IEnumerable<IGrouping<(string Module, int Depth), (PeftKey Key, TensorInfo Tensor)>> Groups() =>
        _tensors.Where(static t => t.Key.Part is not (PeftPart.Saved or PeftPart.Base)).GroupBy(static t => (t.Key.Module, t.Key.Depth));

    void AddLora(IGrouping<(string Module, int Depth), (PeftKey Key, TensorInfo Tensor)> group, IReadOnlyDictionary<string, Shape> shapes)
    {
        var parts = new Dictionary<PeftPart, TensorInfo>();
        foreach (var (key, tensor) in group)
        {
            if (!parts.TryAdd(key.Part, tensor)) { PeftThrow.Twice(_where, tensor.Name, parts[key.Part].Name); }
        }
        var isEmbedding = parts.ContainsKey(PeftPart.EmbeddingA);
        var a = parts[isEmbedding ? PeftPart.EmbeddingA : PeftPart.A];
        if (!parts.TryGetValue(isEmbedding ? PeftPart.EmbeddingB : PeftPart.B, out var b)) { PeftThrow.Incomplete(_where, a.Name, isEmbedding ? "lora_embedding_B" : "lora_B"); }
        if (isEmbedding ? parts.ContainsKey(PeftPart.A) || parts.ContainsKey(PeftPart.B) : parts.ContainsKey(PeftPart.EmbeddingB)) { PeftThrow.Mixed(_where, group.Key.Module); }
        if (a.Shape.Rank != 2 || b.Shape.Rank != 2) { PeftThrow.NotMatrices(_where, a, b); }

        var weight = group.Key.Module + ".weight";
        if (group.Key.Depth == 0 && shapes.TryGetValue(weight, out var shape) && shape.Rank == 2) { AddMatrix(group.Key.Module, weight, shape, a, b, parts, isEmbedding, shapes); }
        else { AddParameter(group.Key.Module, group.Key.Depth, a, b, parts, shapes); }
    }

    void AddMatrix(string module, string weight, Shape shape, TensorInfo a, TensorInfo b, Dictionary<PeftPart, TensorInfo> parts, bool isEmbedding, IReadOnlyDictionary<string, Shape> shapes)
    {
        var name = _targets.IsTarget(module) ? module : _targets.IsTargetParameter(weight) ? weight : PeftThrow.NotTargeted(_where, a.Name, module);
        var transposed = isEmbedding || (_config.FanInFanOut && name == module);
        var (rows, columns) = transposed ? (a.Shape[1], b.Shape[0]) : (b.Shape[0], a.Shape[1]);
        CheckShapes(name, a, b, rows, columns, shape[0], shape[1], 1);
        _adapted.Add(name);
        _modules.Add(new LoraModule(name, weight, -1, FactorSource.Whole(_reader, a), FactorSource.Whole(_reader, b), _targets.ScalingOf(name))
        {
            IsTransposed = transposed,
            Magnitude = Magnitude(module, parts, shape[transposed ? 1 : 0]),
            BiasDelta = BiasDelta(module, parts, b.Shape[0], shapes),
            Bias = _config.LoraBias ? module + ".bias" : null,
        });
    }

    FactorSource? Magnitude(string module, Dictionary<PeftPart, TensorInfo> parts, long size)
    {
        if (!parts.TryGetValue(PeftPart.Magnitude, out var tensor)) { return _config.UseDora ? PeftThrow.NoMagnitude(_where, module) : null; }
        if (!_config.UseDora) { PeftThrow.Unexpected(_where, tensor.Name, "use_dora"); }
        return tensor.Shape.Rank == 1 && tensor.Shape[0] == size ? FactorSource.Whole(_reader, tensor) : PeftThrow.Shape<FactorSource>(_where, tensor, $"[{size}]");
    }

    FactorSource? BiasDelta(string module, Dictionary<PeftPart, TensorInfo> parts, long size, IReadOnlyDictionary<string, Shape> shapes)
    {
        if (!parts.TryGetValue(PeftPart.BBias, out var tensor)) { return _config.LoraBias ? PeftThrow.NoBias(_where, module) : null; }
        if (!_config.LoraBias) { PeftThrow.Unexpected(_where, tensor.Name, "lora_bias"); }
        if (tensor.Shape.Rank != 1 || tensor.Shape[0] != size) { PeftThrow.Shape<int>(_where, tensor, $"[{size}]"); }
        return shapes.ContainsKey(module + ".bias") ? FactorSource.Whole(_reader, tensor) : PeftThrow.NoBaseBias(_where, tensor.Name, module);
    }

    /// <summary>ADP-2.2: parameters of experts, E matrices in one tensor.</summary>
    void AddParameter(string module, int depth, TensorInfo a, TensorInfo b, Dictionary<PeftPart, TensorInfo> parts, IReadOnlyDictionary<string, Shape> shapes)
    {
        var parameters = shapes.Keys
            .Where(name => name.Length > module.Length + 1 && name.StartsWith(module + ".", StringComparison.Ordinal) && name.IndexOf('.', module.Length + 1) < 0 && _targets.IsTargetParameter(name))
            .OrderBy(name => Array.IndexOf(s_declared, name[(module.Length + 1)..]) is >= 0 and var place ? place : int.MaxValue).ThenBy(static name => name, StringComparer.Ordinal).ToArray();
        if (parameters.Length == 0 && !shapes.Keys.Any(name => name.StartsWith(module + ".", StringComparison.Ordinal))) { PeftThrow.NoSuchModule(_where, a.Name, module); }
        // The first declared is wrapped first, and lies innermost.
        var index = parameters.Length - 1 - depth;
        var parameter = index >= 0 ? parameters[index] : PeftThrow.NotTargeted(_where, a.Name, module);
        var shape = shapes[parameter];
        if (shape.Rank != 3) { PeftThrow.ParameterRank(_where, parameter, shape); }
        if (parts.TryGetValue(PeftPart.Magnitude, out var stray) || parts.TryGetValue(PeftPart.BBias, out stray)) { PeftThrow.Unexpected(_where, stray.Name, "target_parameters"); }

        var experts = (int)Math.Min(shape[0], int.MaxValue);
        var transposed = IsTransposed(parameter, shape, a, b);
        var (rows, columns) = transposed ? (a.Shape[1], b.Shape[0]) : (b.Shape[0], a.Shape[1]);
        var rank = CheckShapes(parameter, a, b, rows, columns, shape[1], shape[2], experts);
        _adapted.Add(parameter);
        var scaling = _targets.ScalingOf(parameter);
        for (var expert = 0; expert < experts; expert++)
        {
            var aPart = new FactorSource(_reader, a, [[new AxisRun((long)expert * rank, 1, rank), new AxisRun(0, 1, a.Shape[1])]]);
            var bPart = new FactorSource(_reader, b, [[new AxisRun(0, 1, b.Shape[0]), new AxisRun(expert, experts, rank)]]);
            _modules.Add(new LoraModule(parameter, parameter, expert, aPart, bPart, scaling) { IsTransposed = transposed });
        }
    }

    /// <summary>PEFT before 0.19 took a parameter's axes as experts, in, out whatever they are; later ones know which transformers stores so.</summary>
    bool IsTransposed(string parameter, Shape shape, TensorInfo a, TensorInfo b)
    {
        var plain = b.Shape[0] == shape[1] && a.Shape[1] == shape[2];
        var swapped = a.Shape[1] == shape[1] && b.Shape[0] == shape[2];
        if (plain != swapped) { return swapped; }
        if (!plain) { PeftThrow.Shape<bool>(_where, a, $"[rank · {shape[0]}, {shape[2]}] with B [{shape[1]}, rank · {shape[0]}] for {parameter} {shape}"); }
        if (_model!.IsStoredTransposed(parameter, Names())) { return true; }
        return _config.PeftVersion is null ? PeftThrow.Ambiguous(_where, parameter, shape) : !_targets.IsWrittenBy(0, 19);
    }

    /// <summary>ADP-1.8, ADP-1.10. The rank.</summary>
    int CheckShapes(string name, TensorInfo a, TensorInfo b, long rows, long columns, long expectedRows, long expectedColumns, int experts)
    {
        var rank = _targets.RankOf(name);
        if (a.Shape[0] != (long)rank * experts) { PeftThrow.Rank(_where, a, rank, experts); }
        if (b.Shape[1] != a.Shape[0]) { PeftThrow.Shape<int>(_where, b, $"[{b.Shape[0]}, {a.Shape[0]}], as {a.Name} is {a.Shape}"); }
        if (rows != expectedRows || columns != expectedColumns) { PeftThrow.Fit(_where, name, rows, columns, expectedRows, expectedColumns); }
        return rank;
    }

    void AddSaved(PeftKey key, TensorInfo tensor, IReadOnlyDictionary<string, Shape> shapes)
    {
        if (!shapes.TryGetValue(key.Name, out var shape)) { PeftThrow.NoSuchModule(_where, tensor.Name, key.Name); }
        if (shape != tensor.Shape) { PeftThrow.Shape<int>(_where, tensor, $"{shape}, the base's"); }
        var isBias = key.Name.EndsWith(".bias", StringComparison.Ordinal);
        var module = key.Module;
        var allowed = key.Part == PeftPart.Base
            ? _adapted.Contains(module) && (!isBias || _config.Bias != "none")
            : _targets.IsSaved(module) || (isBias && _config.Bias == "all");
        if (!allowed) { PeftThrow.NotTargeted(_where, tensor.Name, module); }
        if (_saved.Exists(other => other.Name == key.Name)) { PeftThrow.Twice(_where, tensor.Name, key.Name); }
        _saved.Add(new SavedTensor(key.Name, shape, _reader, [new SavedPart(tensor, LinkedRuns.Whole(shape))], key.Part == PeftPart.Base));
    }

    static TensorInfo? Find(IEnumerable<(PeftKey Key, TensorInfo Tensor)> group, params PeftPart[] parts)
    {
        foreach (var (key, tensor) in group)
        {
            if (parts.Contains(key.Part)) { return tensor; }
        }
        return null;
    }
}
