using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Inference.Descriptions;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Modeling.Layers;

namespace Ckpt.Trainer.Modeling;

/// <summary>From a model's description to its layers and their parameters, under Megatron's names.</summary>
sealed class ModelBuilder
{
    // transformers gives norms of latents no epsilon of the config's: their class' own.
    const float LatentEpsilon = 1e-6f;

    readonly ForwardModel _model;
    readonly ParameterFactory _factory;
    readonly LinearFactory _linear;
    readonly FeedForwardBuilder _feedForward;
    readonly ModelOptions _options;
    readonly int _ranks;
    readonly long _hidden;
    // A norm, or another parameter that all ranks have, sees this rank's rows only where the sequence is parallel.
    readonly ParameterCut _outside;

    internal ModelBuilder(ForwardModel model, ParameterFactory factory)
    {
        (_model, _factory, _options, _ranks, _hidden) = (model, factory, factory.Options, factory.Place.TensorParallel, model.Hidden);
        Check(model);
        _outside = ParameterCut.Whole with { IsPartial = factory.Place.SequenceParallel && _ranks > 1 };
        _linear = new LinearFactory(factory);
        _feedForward = new FeedForwardBuilder(factory, _linear, _outside, _hidden);
    }

    internal EmbeddingLayer Embedding()
    {
        const string module = "embedding.word_embeddings";
        var rows = VocabularyRows();
        var weight = _factory.Weight(module + ".weight", ParameterCut.Rows, rows * _ranks, _hidden);
        return new EmbeddingLayer(weight, EmbeddingAdapter(module, rows * _ranks), _model.EmbeddingScale, _options.HiddenDropout) { First = rows * _factory.Place.TensorRank };
    }

    internal NormLayer FinalNorm() => Norm("decoder.final_layernorm.weight");

    /// <summary>The head; it shares the embedding's weight where they are tied.</summary>
    internal HeadLayer Head()
    {
        var rows = VocabularyRows();
        var isTied = _model.Output.Name == _model.Embedding.Name;
        var linear = isTied
            ? new LinearLayer(_factory.Made.First(static parameter => parameter.Name == "embedding.word_embeddings.weight"), null, null)
            : _linear.Make("output_layer", ParameterCut.Rows, rows * _ranks, _hidden);
        var first = rows * _factory.Place.TensorRank;
        return new HeadLayer(linear, _model.Vocabulary, _model.LogitScale, _model.LogitCap) { First = first, Tokens = Math.Clamp(_model.Vocabulary - first, 1, rows) };
    }

    internal DecoderLayer Layer(int index)
    {
        var kind = _model.Layers[index];
        var layer = $"decoder.layers.{index}.";
        // Megatron-Bridge, whose way is written for gemma, has the norms behind inside the linear modules; mcore-bridge beside them (NAM-7.2).
        var isGemma = _model.ModelType.StartsWith("gemma", StringComparison.Ordinal);
        var attentionNorm = kind.AttentionNorm is null ? null : Norm(layer + (kind.Latent is null ? "self_attention.linear_qkv.layer_norm_weight" : "input_layernorm.weight"));
        var attention = kind.Attention is { } plain ? Attention(plain, layer + "self_attention.") : Latent(kind.Latent!, layer + "self_attention.");
        var afterAttention = kind.AfterAttention is null ? null : Norm(layer + (isGemma ? "self_attention.linear_proj.post_layernorm.weight" : "self_attention.post_self_attn_layernorm.weight"));
        var mlpNorm = kind.MlpNorm is null ? null : Norm(layer + (kind.Experts is null ? "mlp.linear_fc1.layer_norm_weight" : "pre_mlp_layernorm.weight"));
        var mlp = kind.Mlp is { } dense ? _feedForward.Dense(layer + "mlp.", dense) : null;
        return new DecoderLayer
        {
            AttentionNorm = attentionNorm,
            Attention = attention,
            AfterAttention = afterAttention,
            MlpNorm = mlpNorm,
            Mlp = mlp,
            MlpBias = kind.Mlp?.Down.Bias is null ? null : _factory.Vector(layer + "mlp.linear_fc2.bias", _outside, _hidden),
            Experts = kind.Experts is { } experts ? _feedForward.Experts(layer + "mlp.", experts) : null,
            AfterMlp = kind.AfterMlp is null ? null : Norm(layer + (isGemma ? "mlp.linear_fc2.post_layernorm.weight" : "mlp.post_mlp_layernorm.weight")),
            ResidualScale = _model.ResidualScale,
            Dropout = _options.HiddenDropout,
        };
    }

    Func<Pass, Torch.Tensor, Torch.Tensor> Attention(AttentionKind kind, string prefix)
    {
        var (heads, groups, dim) = (kind.Heads, kind.Groups, (long)kind.HeadDim);
        if (heads % _ranks != 0 || (groups % _ranks != 0 && _ranks % groups != 0)) { Throw.Heads(_model.Where, heads, groups, _ranks); }
        var sharing = Math.Max(1, _ranks / groups);
        var isWide = kind.Norm == HeadNorm.Wide;
        var sizes = new AttentionSizes(groups, Math.Max(1, groups / _ranks), heads / groups / sharing, kind.HeadDim, sharing, isWide, kind.Clip, _model.NormEpsilon, Shift);
        var each = heads / groups * dim;
        var input = _linear.Make(prefix + "linear_qkv", ParameterCut.Rows, groups, [("q", each), ("k", dim), ("v", dim)], _hidden, kind.Query.Bias is not null);
        var headNorm = ParameterCut.Whole with { IsPartial = _ranks > 1 };
        // mcore-bridge calls MiniMax-M2's norms otherwise.
        var word = _model.ModelType == "minimax_m2" ? "norm" : "layernorm";
        var queryNorm = kind.Norm == HeadNorm.None ? null : _factory.Vector($"{prefix}q_{word}.weight", headNorm, isWide ? heads * dim : dim, 1 - Shift);
        var keyNorm = kind.Norm == HeadNorm.None ? null : _factory.Vector($"{prefix}k_{word}.weight", headNorm, isWide ? groups * dim : dim, 1 - Shift);
        var sinks = kind.Sinks is null ? null : _factory.Vector(prefix + "core_attention.softmax_offset", ParameterCut.Rows, heads);
        var layer = new AttentionLayer(sizes, Core(kind.Scale, kind.Window, kind.ScoreCap, sinks))
        {
            Input = input,
            QueryNorm = queryNorm,
            KeyNorm = keyNorm,
            Output = _linear.MakeOutput(prefix + "linear_proj", _hidden, heads * dim),
            OutputBias = kind.Output.Bias is null ? null : _factory.Vector(prefix + "linear_proj.bias", _outside, _hidden),
            Rotary = kind.Rotary,
            Scaling = kind.PositionScale,
        };
        return layer.Forward;
    }

    Func<Pass, Torch.Tensor, Torch.Tensor> Latent(LatentKind kind, string prefix)
    {
        if (kind.Heads % _ranks != 0) { Throw.Heads(_model.Where, kind.Heads, kind.Heads, _ranks); }
        var down = kind.QueryDown;
        var layer = new LatentLayer(kind, kind.Heads / _ranks, Core(kind.Scale, null, null, null))
        {
            QueryDown = down is null ? null : _linear.Make(prefix + "linear_q_down_proj", _outside, down.Rows, _hidden, down.Bias is not null),
            QueryNorm = down is null ? null : Norm(prefix + "linear_q_up_proj.layer_norm_weight", down.Rows, LatentEpsilon),
            Query = _linear.Make(prefix + (down is null ? "linear_q_proj" : "linear_q_up_proj"), ParameterCut.Rows, kind.Query.Rows, kind.Query.Columns),
            Down = _linear.Make(prefix + "linear_kv_down_proj", _outside, kind.Down.Rows, _hidden, kind.Down.Bias is not null),
            KvNorm = Norm(prefix + "linear_kv_up_proj.layer_norm_weight", kind.KvLora, LatentEpsilon),
            Up = _linear.Make(prefix + "linear_kv_up_proj", ParameterCut.Rows, kind.Up.Rows, kind.KvLora),
            Output = _linear.MakeOutput(prefix + "linear_proj", _hidden, kind.Output.Columns),
            OutputBias = kind.Output.Bias is null ? null : _factory.Vector(prefix + "linear_proj.bias", _outside, _hidden),
        };
        return layer.Forward;
    }

    // Before anything is read.
    static void Check(ForwardModel model)
    {
        if (model.AreLayerNorms) { Throw.NotTrained(model.Where, "norms subtract the mean and have biases"); }
        if (model.Output.Bias is not null) { Throw.NotTrained(model.Where, "the head has a bias"); }
        foreach (var kind in model.Layers)
        {
            if (kind.DeltaNet is not null) { Throw.NotTrained(model.Where, "layers are gated delta nets"); }
            if (kind.Attention is { IsGated: true }) { Throw.NotTrained(model.Where, "attention has output gates"); }
            if (kind.Attention is { Chunk: not null } or { Norm: HeadNorm.Plain }) { Throw.NotTrained(model.Where, "attention is in chunks, or queries and keys have norms without weights"); }
            if (kind.Experts is { WeighsInputs: true }) { Throw.NotTrained(model.Where, "experts get weighted inputs"); }
            if (kind.Experts is { Router.MixerReach: not null }) { Throw.NotTrained(model.Where, "experts are drawn by SparseMixer"); }
        }
    }

    CoreAttention Core(float scale, long? window, float? cap, Parameter? sinks) =>
        new(scale, window, cap, sinks, _options.AttentionDropout, _options.Recompute.Granularity == RecomputeGranularity.Selective);

    NormLayer Norm(string name) => Norm(name, _hidden, _model.NormEpsilon);

    NormLayer Norm(string name, long width, float epsilon) => new(_factory.Vector(name, _outside, width, 1 - Shift), epsilon, Shift);

    float Shift => _model.AreNormsCentred ? 1 : 0;

    // A rank's rows: Megatron pads what all ranks have to a multiple of the divisor and their number.
    long VocabularyRows()
    {
        var multiple = (long)_options.VocabularyDivisibleBy * _ranks;
        return (_model.Vocabulary + multiple - 1) / multiple * _options.VocabularyDivisibleBy;
    }

    // PEFT: A begins with zeros and B is drawn, the other way round than in linear modules.
    LoraFactors? EmbeddingAdapter(string module, long rows)
    {
        if (_options.Lora is not { } lora || LoraTargets.ShapeOf(lora, module) is not { } shape) { return null; }
        var (type, isOpened) = (lora.Type ?? _options.Type, lora.Modules is not null);
        var scale = shape.Alpha / (lora.IsRankStabilised ? Math.Sqrt(shape.Rank) : shape.Rank);
        var (nameA, nameB) = (module + ".lora_embedding_A.default", module + ".lora_embedding_B.default");
        var cutB = ParameterCut.Whole with { IsPartial = _ranks > 1 };
        var a = _factory.Factor(nameA, module, scale, type, ParameterCut.Columns, [shape.Rank, rows], () => isOpened ? null : Torch.torch.zeros([shape.Rank, rows / _ranks], type));
        var b = _factory.Factor(nameB, module, scale, type, cutB, [_hidden, shape.Rank], () =>
        {
            var values = new float[_hidden * shape.Rank];
            new SeededNumbers(lora.Seed, nameB).Normal(values, 1);
            return isOpened ? null : Torch.torch.tensor(values, [_hidden, shape.Rank]).to(type);
        });
        return new LoraFactors(a ?? LinearFactory.Missing(_model.Where, nameA), b ?? LinearFactory.Missing(_model.Where, nameB), (float)scale, 0, _hidden);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotTrained(string where, string what) => throw new UnsupportedCheckpointException(
            "MOD-1.4", where, $"{what}, which this version does not train; the forward pass and conversion know it");

        [DoesNotReturn]
        internal static void Heads(string where, int heads, int groups, int ranks) => throw new LayoutException(
            "MOD-1.5", where, $"{heads} heads in {groups} groups cannot be shared by {ranks} tensor-parallel ranks: each needs as many heads, and whole groups or a whole part of one");
    }
}
