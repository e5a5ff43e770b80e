using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Sharding.Layouts;

/// <summary>Places layers on stages by the one rule that the options choose. Pure.</summary>
sealed class StagePlanner
{
    const int MostLayers = 1 << 20;

    readonly int _layers;
    readonly int _stages;
    readonly int _chunks;
    readonly StageOptions _options;
    readonly int[] _noops;

    internal StagePlanner(int layers, ParallelSizes sizes, StageOptions options)
    {
        Positive("layers", layers);
        Positive("pipeline parallel size", sizes.Pipeline);
        Positive("virtual pipeline size", sizes.VirtualPipeline);
        if (options.MtpLayers is < 0 or > MostLayers) { Throw.NoNumber("multi-token-prediction layers", options.MtpLayers); }
        (_layers, _stages, _options) = (layers, sizes.Pipeline, options);
        _noops = Noops();
        _chunks = Chunks(sizes);
        CheckOneRule();
    }

    int Padded => _layers + _noops.Length;

    internal StageLayout Plan()
    {
        if (_options.Pattern is { } pattern) { return FromPattern(pattern); }
        var parts = _options.DualPipe ? DualPipe() : Ranges(Counts());
        // dualpipev comes back to the first stage.
        var (lossStage, lossChunk) = (_options.DualPipe ? 0 : _stages - 1, _chunks - 1);
        var made = new StageChunk[parts.Length];
        for (var i = 0; i < made.Length; i++)
        {
            var (chunk, stage) = Math.DivRem(i, _stages);
            var last = (stage, chunk) == (lossStage, lossChunk);
            made[i] = new StageChunk(stage, chunk, Slots(parts[i]), i == 0, last, last, last ? [.. Enumerable.Range(0, _options.MtpLayers)] : []);
        }
        return Finish(made);
    }

    /// <summary>With multi-token prediction the final norm stays with the last layer (megatron-core <c>has_final_layernorm_in_this_stage</c>).</summary>
    StageLayout Finish(StageChunk[] parts)
    {
        if (_options.MtpLayers > 0)
        {
            for (var i = 0; i < parts.Length; i++) { parts[i] = parts[i] with { FinalNorm = parts[i].Layers.Any(slot => slot.Layer == _layers - 1) }; }
        }
        return new StageLayout(_stages, _layers, _options.TiedEmbedding, parts);
    }

    int[] Noops()
    {
        int[] noops = [.. _options.NoopLayers.Order()];
        for (var i = 0; i < noops.Length; i++)
        {
            if (i > 0 && noops[i] == noops[i - 1]) { Throw.NoopTwice(noops[i]); }
            if (noops[i] < 0 || noops[i] >= _layers + noops.Length) { Throw.NoopOutside(noops[i], _layers + noops.Length); }
        }
        return noops;
    }

    int Chunks(ParallelSizes sizes)
    {
        if (_options.DualPipe)
        {
            if (sizes.VirtualPipeline is not (1 or 2)) { Throw.TwoRules("--schedules-method dualpipev, which makes two chunks,", $"a virtual pipeline size of {sizes.VirtualPipeline}"); }
            return 2;
        }
        if (_options.Pattern is { } pattern)
        {
            if (pattern.Stages.Count % _stages != 0) { Throw.PatternStages(pattern, _stages); }
            var chunks = pattern.Stages.Count / _stages;
            if (sizes.VirtualPipeline > 1 && sizes.VirtualPipeline != chunks) { Throw.PatternChunks(pattern, _stages, chunks, sizes.VirtualPipeline); }
            return chunks;
        }
        if (_options.LayersPerVirtualStage is not { } each) { return sizes.VirtualPipeline; }
        Positive("layers of a virtual stage", each);
        if (Padded % _stages != 0) { Throw.Uneven("LAY-3.2", "layers", Padded, "pipeline stages", _stages); }
        if (Padded / _stages % each != 0) { Throw.Uneven("LAY-3.4", "layers of a stage", Padded / _stages, "layers a chunk", each); }
        var made = Padded / _stages / each;
        if (sizes.VirtualPipeline > 1 && sizes.VirtualPipeline != made) { Throw.TwoRules($"{each} layers a virtual stage, which makes {made} chunks,", $"a virtual pipeline size of {sizes.VirtualPipeline}"); }
        return made;
    }

    /// <summary>LAY-3.10: no two options place the same layers.</summary>
    void CheckOneRule()
    {
        string?[] rules =
        [
            _options.Pattern is null ? null : "--pipeline-model-parallel-layout",
            _options.LayerList is null ? null : "--num-layer-list",
            _options.DualPipe ? "--schedules-method dualpipev" : null,
            _options.FirstStageLayers is null && _options.LastStageLayers is null ? null : "the number of layers of the first or last stage",
            _options.AccountForEmbedding || _options.AccountForLoss ? "counting embedding or loss as layers" : null,
        ];
        var given = rules.Where(static rule => rule is not null).ToList();
        if (given.Count > 1) { Throw.TwoRules(given[0]!, given[1]!); }
        if (_noops.Length > 0 && given.Count > 0 && !_options.DualPipe) { Throw.TwoRules("--noop-layers", given[0]!); }
        if (_options.LayerList is not null && _chunks > 1) { Throw.TwoRules("--num-layer-list", $"a virtual pipeline size of {_chunks}"); }
        if (_options.Pattern is not null && _options.LayersPerVirtualStage is not null) { Throw.TwoRules("--pipeline-model-parallel-layout", "layers a virtual stage"); }
        if (_stages == 1 && _options.FirstStageLayers is { } first) { Throw.OneStage(first); }
        if (_stages == 1 && _options.LastStageLayers is { } last) { Throw.OneStage(last); }
    }

    StageLayout FromPattern(StagePattern pattern)
    {
        CheckPattern(pattern);
        var made = new StageChunk[pattern.Stages.Count];
        var (layer, mtp) = (0, 0);
        for (var i = 0; i < made.Length; i++)
        {
            var items = pattern.Stages[i];
            var (layers, mtps) = (items.Count(static item => item == StageItem.Layer), items.Count(static item => item == StageItem.Mtp));
            var loss = items.Contains(StageItem.Loss);
            made[i] = new StageChunk(i % _stages, i / _stages, Slots([.. Enumerable.Range(layer, layers)]), items.Contains(StageItem.Embedding), loss, loss, [.. Enumerable.Range(mtp, mtps)]);
            (layer, mtp) = (layer + layers, mtp + mtps);
        }
        return Finish(made);
    }

    /// <summary>LAY-3.6: what megatron-core <c>validate_layer_layout</c> asks for.</summary>
    void CheckPattern(StagePattern pattern)
    {
        var items = pattern.Stages.SelectMany(static stage => stage).ToList();
        if (items.Count == 0 || items[0] != StageItem.Embedding || pattern.Count(StageItem.Embedding) != 1) { Throw.Pattern(pattern, "must begin with E and have no other"); }
        if (items[^1] != StageItem.Loss || pattern.Count(StageItem.Loss) != 1) { Throw.Pattern(pattern, "must end with L and have no other"); }
        if (pattern.Count(StageItem.Layer) != _layers) { Throw.Pattern(pattern, $"has {pattern.Count(StageItem.Layer)} layers, the model {_layers}"); }
        if (pattern.Count(StageItem.Mtp) != _options.MtpLayers) { Throw.Pattern(pattern, $"has {pattern.Count(StageItem.Mtp)} multi-token-prediction layers, the model {_options.MtpLayers}"); }
        if (!pattern.Stages[0].Contains(StageItem.Embedding)) { Throw.Pattern(pattern, "must have E in its first stage"); }
        if (!pattern.Stages[^1].Contains(StageItem.Loss)) { Throw.Pattern(pattern, "must have L in its last stage"); }
        if (_options.MtpLayers == 0) { return; }
        if (items.LastIndexOf(StageItem.Layer) > items.IndexOf(StageItem.Mtp)) { Throw.Pattern(pattern, "must have every t before the first m"); }
        var stages = pattern.Stages.Count(static stage => stage.Contains(StageItem.Mtp));
        if (stages != 1) { Throw.Pattern(pattern, $"has its m in {stages} stages, allowed is one"); }
    }

    /// <summary>Layers of each part where they are dealt out in order.</summary>
    int[] Counts()
    {
        var stages = _options.LayerList is { } list ? CheckedList(list) : StageCounts();
        // Before anything of that many chunks is made: a stage has no more of them than layers.
        foreach (var count in stages)
        {
            if (count % _chunks != 0) { Throw.Uneven("LAY-3.4", "layers of a stage", count, "virtual chunks", _chunks); }
        }
        var parts = new int[_stages * _chunks];
        for (var i = 0; i < parts.Length; i++) { parts[i] = stages[i % _stages] / _chunks; }
        // Each part has one or more, counted with these.
        if (_options.AccountForEmbedding) { parts[0]--; }
        if (_options.AccountForLoss) { parts[^1]--; }
        return parts;
    }

    int[] CheckedList(IReadOnlyList<int> list)
    {
        if (list.Count != _stages) { Throw.ListLength(list.Count, _stages); }
        var sum = 0L;
        foreach (var count in list)
        {
            if (count < 0) { Throw.NoNumber("layers of a stage", count); }
            sum += count;
        }
        if (sum != _layers) { Throw.ListSum(sum, _layers); }
        return [.. list];
    }

    int[] StageCounts()
    {
        var (stages, layers) = (_stages, (long)Padded);
        foreach (var given in new[] { _options.FirstStageLayers, _options.LastStageLayers })
        {
            if (given is not { } count) { continue; }
            Positive("layers of the first or last stage", count);
            stages--;
            layers -= count;
        }
        if (layers < 0 || (stages == 0 && layers != 0)) { Throw.StageSum(_layers, _options.FirstStageLayers, _options.LastStageLayers); }
        layers += (_options.AccountForEmbedding ? 1 : 0) + (_options.AccountForLoss ? 1 : 0);
        if (stages > 0 && (layers % stages != 0 || layers == 0)) { Throw.Uneven("LAY-3.2", "layers", layers, "pipeline stages", stages); }
        var counts = new int[_stages];
        Array.Fill(counts, stages > 0 ? (int)(layers / stages) : 0);
        if (_options.FirstStageLayers is { } first) { counts[0] = first; }
        if (_options.LastStageLayers is { } last) { counts[^1] = last; }
        return counts;
    }

    static int[][] Ranges(int[] counts)
    {
        var parts = new int[counts.Length][];
        var layer = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = [.. Enumerable.Range(layer, counts[i])];
            layer += counts[i];
        }
        return parts;
    }

    /// <summary>LAY-3.9: stage p holds the p-th s layers from the front, then the p-th s from the back.</summary>
    int[][] DualPipe()
    {
        if (Padded % (2 * (long)_stages) != 0) { Throw.Uneven("LAY-3.9", "layers", Padded, "chunks of dualpipev", 2L * _stages); }
        var each = Padded / _stages / 2;
        var parts = new int[2 * _stages][];
        for (var stage = 0; stage < _stages; stage++)
        {
            parts[stage] = [.. Enumerable.Range(stage * each, each)];
            parts[_stages + stage] = [.. Enumerable.Range(Padded - ((stage + 1) * each), each)];
        }
        return parts;
    }

    /// <summary>LAY-3.8: an empty layer takes a local number and none of the model's.</summary>
    LayerSlot[] Slots(int[] padded)
    {
        var slots = new List<LayerSlot>(padded.Length);
        for (var local = 0; local < padded.Length; local++)
        {
            var before = Array.BinarySearch(_noops, padded[local]);
            if (before < 0) { slots.Add(new LayerSlot(local, padded[local] - ~before)); }
        }
        return [.. slots];
    }

    static void Positive(string what, int size)
    {
        if (size is < 1 or > MostLayers) { Throw.NotPositive(what, size); }
    }

    static class Throw
    {
        const string Where = ParallelSizes.Where;

        [DoesNotReturn]
        internal static void NotPositive(string what, int size) => throw new LayoutException(
            "LAY-1.1", Where, $"{what} is {size}, allowed is 1 to {MostLayers}");

        [DoesNotReturn]
        internal static void NoNumber(string what, int size) => throw new LayoutException(
            "LAY-1.1", Where, $"{what} is {size}, allowed is 0 to {MostLayers}");

        [DoesNotReturn]
        internal static void Uneven(string clause, string what, long count, string over, long ranks) => throw new LayoutException(
            clause, Where, $"{count} {what} cannot be shared evenly by {ranks} {over}");

        [DoesNotReturn]
        internal static void OneStage(int layers) => throw new LayoutException(
            "LAY-3.2", Where, $"{layers} layers were given to the first or last of 1 pipeline stage; there must be 2 stages or more");

        [DoesNotReturn]
        internal static void StageSum(int layers, int? first, int? last) => throw new LayoutException(
            "LAY-3.2", Where, $"the first stage is to have {first ?? 0} and the last {last ?? 0} of {layers} layers");

        [DoesNotReturn]
        internal static void PatternStages(StagePattern pattern, int stages) => throw new LayoutException(
            "LAY-3.6", Where, $"the pipeline layout has {pattern.Stages.Count} stages, which {stages} pipeline ranks cannot share evenly");

        [DoesNotReturn]
        internal static void PatternChunks(StagePattern pattern, int stages, int chunks, int given) => throw new LayoutException(
            "LAY-3.6", Where, $"the pipeline layout's {pattern.Stages.Count} stages make {chunks} chunks on {stages} pipeline ranks, the virtual pipeline size is given as {given}");

        [DoesNotReturn]
        internal static void Pattern(StagePattern pattern, string message) => throw new LayoutException(
            "LAY-3.6", Where, $"the pipeline layout {Quoted.Name(pattern.ToString())} {message}");

        [DoesNotReturn]
        internal static void ListLength(int found, int stages) => throw new LayoutException(
            "LAY-3.7", Where, $"the layer list has {found} numbers for {stages} pipeline stages");

        [DoesNotReturn]
        internal static void ListSum(long found, int layers) => throw new LayoutException(
            "LAY-3.7", Where, $"the layer list adds up to {found}, the model has {layers} layers");

        [DoesNotReturn]
        internal static void NoopTwice(int noop) => throw new LayoutException("LAY-3.8", Where, $"the empty layer {noop} is given twice");

        [DoesNotReturn]
        internal static void NoopOutside(int noop, int padded) => throw new LayoutException(
            "LAY-3.8", Where, $"the empty layer {noop} is not among {padded} layers, counted from 0");

        [DoesNotReturn]
        internal static void TwoRules(string one, string other) => throw new LayoutException(
            "LAY-3.10", Where, $"{one} and {other} both place layers: give one");
    }
}
