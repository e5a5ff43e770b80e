using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Layouts;

namespace Ckpt.PropertyTests.State;

/// <summary>What a simulated run looks like.</summary>
sealed record SimulatedRunOptions
{
    internal ParallelSizes Sizes { get; init; } = new();

    internal int Layers { get; init; } = 2;

    internal bool Experts { get; init; }

    internal bool Tied { get; init; }

    /// <summary>Megatron's own layers: norms are modules of their own, experts follow one another.</summary>
    internal bool Local { get; init; }

    /// <summary>One key a layer, instead of one for all.</summary>
    internal bool PerLayer { get; init; }

    internal long? BucketSize { get; init; }

    internal int Seed { get; init; }
}

/// <summary>One bucket as Megatron lays it out.</summary>
readonly record struct SimulatedBucket(int Start, int End, int Numel);

/// <summary>A grad buffer of one group, with its gaps filled with what is no number.</summary>
sealed record SimulatedBuffer(string Chain, int Group, int Index, IReadOnlyList<SimulatedBucket> Buckets, float[] Param, float[] ExpAvg);

/// <summary>
/// A tiny model trained by a distributed optimizer, with its grad buffers built the way of Megatron-LM's
/// core/distributed/param_and_grad_buffer.py, line by line: the oracle of what is taken apart.
/// </summary>
sealed class SimulatedRun
{
    const int Hidden = 6;
    const int Ffn = 10;
    const int Vocabulary = 12;
    const int ExpertCount = 4;

    readonly SimulatedRunOptions _options;
    readonly ParallelLayout _layout;
    readonly Random _random;

    internal SimulatedRun(SimulatedRunOptions options)
    {
        (_options, _random) = (options, new Random(options.Seed));
        _layout = ParallelLayout.Of(options.Layers, options.Sizes, new StageOptions { TiedEmbedding = options.Tied });
        foreach (var (name, shape) in Names())
        {
            Param[name] = Values(shape, 1);
            ExpAvg[name] = Values(shape, 1e-3f);
            Shapes[name] = shape;
        }
        Buffers = [.. Groups()];
    }

    internal Dictionary<string, Shape> Shapes { get; } = [];

    internal Dictionary<string, float[]> Param { get; } = [];

    internal Dictionary<string, float[]> ExpAvg { get; } = [];

    internal IReadOnlyList<SimulatedBuffer> Buffers { get; }

    internal int TensorSize => Sizes.Tensor;

    ParallelSizes Sizes => _layout.Grid.Sizes;

    bool ExpertsApart => _options.Experts && Sizes.Expert > 1;

    /// <summary>The model's tensors and the common state; optimizer states are the test's to add.</summary>
    internal MemoryMegatron Model()
    {
        var megatron = new MemoryMegatron
        {
            Common = new PickleDict().Add("args", MemoryMegatron.Args(
                ("tensor_model_parallel_size", new PickleInt(Sizes.Tensor)), ("pipeline_model_parallel_size", new PickleInt(Sizes.Pipeline)),
                ("virtual_pipeline_model_parallel_size", new PickleInt(Sizes.VirtualPipeline)), ("expert_model_parallel_size", new PickleInt(Sizes.Expert)),
                ("expert_tensor_parallel_size", new PickleInt(Sizes.ExpertTensorSize)), ("world_size", new PickleInt(Sizes.World!.Value)),
                ("num_layers", new PickleInt(_options.Layers)), ("ddp_bucket_size", new PickleInt(_options.BucketSize ?? 1 << 20)))),
        };
        foreach (var (name, shape) in Shapes)
        {
            var rounded = new byte[shape.Count * 2];
            ElementCast.Cast(DType.F32, Bytes(Param[name]), DType.BF16, rounded);
            megatron.Inner.Add(name, DType.BF16, shape, rounded);
        }
        return megatron;
    }

    /// <summary>What a rank of one stage has, in the model's type, under the names of its own file: experts one by one.</summary>
    internal IEnumerable<(string Name, Shape Shape, byte[] Values)> Local(int tensor, int expert)
    {
        var place = _layout.Grid.ModelRanks().First(one => (one.Tensor, one.Expert) == (tensor, expert));
        foreach (var (name, shape) in Shapes)
        {
            var part = _layout.PartsOf(new MegatronCuts().Find(name).Of(shape), place)[0].Tensor;
            var many = name.Contains(".experts.experts.", StringComparison.Ordinal) ? part.Shape[0] : 0;
            for (var i = 0; i < Math.Max(1, many); i++)
            {
                var one = many > 0 ? part.At(i) : part;
                var rounded = new byte[one.Shape.Count * 2];
                ElementCast.Cast(DType.F32, Bytes(Gather(Param[name], shape, one)), DType.BF16, rounded);
                yield return (many > 0 ? $"{name.Replace(".experts.experts.", ".experts.", StringComparison.Ordinal)}{i}" : name, one.Shape, rounded);
            }
        }
    }

    internal static byte[] Bytes(ReadOnlySpan<float> values) => MemoryMarshal.AsBytes(values).ToArray();

    IEnumerable<(string Name, Shape Shape)> Names()
    {
        yield return ("embedding.word_embeddings.weight", new Shape(Vocabulary, Hidden));
        foreach (var (tail, dims) in InLayer())
        {
            if (!_options.PerLayer) { yield return ($"decoder.layers.{tail}", new Shape([_options.Layers, .. dims])); continue; }
            for (var layer = 0; layer < _options.Layers; layer++) { yield return ($"decoder.layers.{layer}.{tail}", new Shape(dims)); }
        }
        yield return ("decoder.final_layernorm.weight", new Shape(Hidden));
        if (!_options.Tied) { yield return ("output_layer.weight", new Shape(Vocabulary, Hidden)); }
    }

    (string Tail, long[] Dims)[] InLayer() =>
    [
        ("self_attention.linear_qkv.layer_norm_weight", [Hidden]), ("self_attention.linear_qkv.weight", [8, Hidden]), ("self_attention.linear_proj.weight", [Hidden, 4]),
        .. _options.Experts
            ? [
                ("pre_mlp_layernorm.weight", [Hidden]), ("mlp.router.weight", [ExpertCount, Hidden]),
                ("mlp.experts.experts.linear_fc1.weight", [ExpertCount, 2 * Ffn, Hidden]), ("mlp.experts.experts.linear_fc2.weight", [ExpertCount, Hidden, Ffn]),
            ]
            : ((string, long[])[])[("mlp.linear_fc1.layer_norm_weight", [Hidden]), ("mlp.linear_fc1.weight", [2 * Ffn, Hidden]), ("mlp.linear_fc2.weight", [Hidden, Ffn])],
    ];

    /// <summary>The modules of a layer in the order their parameters are registered.</summary>
    string[] LayerOrder() => (_options.Local, _options.Experts) switch
    {
        (false, false) => ["self_attention.linear_proj.weight", "self_attention.linear_qkv.layer_norm_weight", "self_attention.linear_qkv.weight", "mlp.linear_fc1.layer_norm_weight", "mlp.linear_fc1.weight", "mlp.linear_fc2.weight"],
        (true, false) => ["self_attention.linear_qkv.layer_norm_weight", "self_attention.linear_proj.weight", "self_attention.linear_qkv.weight", "mlp.linear_fc1.layer_norm_weight", "mlp.linear_fc1.weight", "mlp.linear_fc2.weight"],
        (false, true) => ["self_attention.linear_proj.weight", "self_attention.linear_qkv.layer_norm_weight", "self_attention.linear_qkv.weight", "pre_mlp_layernorm.weight", "mlp.router.weight", "mlp.experts"],
        (true, true) => ["self_attention.linear_qkv.layer_norm_weight", "self_attention.linear_proj.weight", "self_attention.linear_qkv.weight", "pre_mlp_layernorm.weight", "mlp.router.weight", "mlp.experts"],
    };

    float[] Values(Shape shape, float scale) => [.. Enumerable.Range(0, (int)shape.Count).Select(_ => ((float)_random.NextDouble() - 0.5f) * scale)];

    IEnumerable<SimulatedBuffer> Groups()
    {
        for (var experts = 0; experts <= (ExpertsApart ? 1 : 0); experts++)
        {
            var count = experts == 1 ? Sizes.ExpertTensorSize * Sizes.Expert * Sizes.Pipeline : Sizes.Tensor * Sizes.Pipeline;
            for (var group = 0; group < count; group++)
            {
                var rank = experts == 1
                    ? _layout.Grid.ExpertRankAt(group % Sizes.ExpertTensorSize, group / Sizes.ExpertTensorSize % Sizes.Expert, 0, group / Sizes.ExpertTensorSize / Sizes.Expert)
                    : _layout.Grid.RankAt(group % Sizes.Tensor, 0, 0, group / Sizes.Tensor);
                for (var chunk = 0; chunk < Sizes.VirtualPipeline; chunk++)
                {
                    yield return Buffer(ExpertsApart ? $"chained_{experts}." : "", group, chunk, [.. Registered(_layout.Grid[rank], chunk, experts == 1)], rank);
                }
            }
        }
    }

    /// <summary>A chunk's parameters as a module lists them: flat values of both states, and whether embedding and output share it.</summary>
    IEnumerable<(float[] Param, float[] ExpAvg, bool Shared)> Registered(RankPlace place, int chunk, bool experts)
    {
        var stage = _layout.Stages.At(place.Pipeline, chunk);
        var shared = _options.Tied && Sizes.Pipeline > 1;
        if (stage.Embedding && !experts) { yield return Own("embedding.word_embeddings.weight", place, chunk, -1, -1, shared); }
        foreach (var slot in stage.Layers)
        {
            foreach (var module in LayerOrder())
            {
                if (module != "mlp.experts") { if (!experts) { yield return Own("decoder.layers." + module, place, chunk, slot.Layer, -1, false); } continue; }
                if (ExpertsApart != experts) { continue; }
                var each = ExpertCount / Sizes.Expert;
                string[] matrices = ["decoder.layers.mlp.experts.experts.linear_fc1.weight", "decoder.layers.mlp.experts.experts.linear_fc2.weight"];
                for (var i = 0; i < 2 * each; i++)
                {
                    var (matrix, expert) = _options.Local ? (i % 2, i / 2) : (i / each, i % each);
                    yield return Own(matrices[matrix], place, chunk, slot.Layer, expert, false);
                }
            }
        }
        if (experts) { yield break; }
        if (stage.FinalNorm) { yield return Own("decoder.final_layernorm.weight", place, chunk, -1, -1, false); }
        if (stage.Loss && !_options.Tied) { yield return Own("output_layer.weight", place, chunk, -1, -1, false); }
        if (stage.Loss && shared) { yield return Own("embedding.word_embeddings.weight", place, chunk, -1, -1, true); }
    }

    (float[], float[], bool) Own(string name, RankPlace place, int chunk, int layer, int expert, bool shared)
    {
        if (_options.PerLayer && layer >= 0) { name = name.Replace("decoder.layers.", $"decoder.layers.{layer}.", StringComparison.Ordinal); }
        var part = _layout.PartsOf(new MegatronCuts().Find(name).Of(Shapes[name]), place).First(p => p.Chunk == chunk && p.Layer == layer).Tensor;
        if (expert >= 0) { part = part.At(expert); }
        return (Gather(Param[name], Shapes[name], part), Gather(ExpAvg[name], Shapes[name], part), shared);
    }

    static float[] Gather(float[] whole, Shape shape, RankTensor part)
    {
        var own = new float[part.Shape.Count];
        var (from, to) = (shape.RowMajorStrides(), part.Shape.RowMajorStrides());
        foreach (var box in part.Boxes)
        {
            var extra = box.Global.Rank - box.Local.Rank;
            foreach (var index in MemoryCheckpoint.Indices(box.Local.Shape))
            {
                var (source, target) = (0L, 0L);
                for (var axis = 0; axis < extra; axis++) { source += box.Global.Offset[axis] * from[axis]; }
                for (var axis = 0; axis < index.Length; axis++)
                {
                    source += (box.Global.Offset[extra + axis] + index[axis]) * from[extra + axis];
                    target += (box.Local.Offset[axis] + index[axis]) * to[axis];
                }
                own[target] = whole[source];
            }
        }
        return own;
    }

    SimulatedBuffer Buffer(string chain, int group, int chunk, List<(float[] Param, float[] ExpAvg, bool Shared)> parameters, int rank)
    {
        var size = _layout.Grid[rank].Pipeline == 0 && chunk == 0 ? _options.BucketSize ?? long.MaxValue : long.MaxValue;
        var padding = Lcm(chain == "chained_1." ? _layout.Grid.ExpertData : Sizes.Data!.Value * Sizes.Context, 128);
        var (starts, buckets) = (new List<int>(), new List<SimulatedBucket>());
        var (start, bucketStart, end, open) = (0, 0, 0, false);
        for (var i = parameters.Count - 1; i >= 0; i--)
        {
            start = (start + 63) / 64 * 64;
            if (parameters[i].Shared && open) { start = Close(start); }
            starts.Add(start);
            end = start + parameters[i].Param.Length;
            open = true;
            start = end - bucketStart >= size || parameters[i].Shared ? Close(end) : end;
        }
        if (open) { Close(end); }
        var (param, average) = (new float[bucketStart], new float[bucketStart]);
        Array.Fill(param, float.NaN);
        Array.Fill(average, float.NaN);
        for (var i = 0; i < starts.Count; i++)
        {
            parameters[^(i + 1)].Param.CopyTo(param, starts[i]);
            parameters[^(i + 1)].ExpAvg.CopyTo(average, starts[i]);
        }
        return new SimulatedBuffer(chain, group, chunk, buckets, param, average);

        int Close(int at)
        {
            var padded = (at + padding - 1) / padding * padding;
            buckets.Add(new SimulatedBucket(bucketStart, padded, at - bucketStart));
            open = false;
            return bucketStart = padded;
        }
    }

    static int Lcm(int a, int b)
    {
        var (x, y) = (a, b);
        while (y != 0) { (x, y) = (y, x % y); }
        return a / x * b;
    }
}
