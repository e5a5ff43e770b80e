using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Weights;
using Ckpt.Models.Configs;

namespace Ckpt.Inference.Descriptions;

/// <summary>Makes a model's description from its config and the names its weights have.</summary>
sealed class ModelDescriber
{
    static readonly string[] s_prefixes = ["model.", "model.language_model.", "language_model.model.", ""];

    readonly ModelConfig _model;
    readonly ConfigRules _rules;
    readonly ForwardTraits _traits;
    readonly IWeightSource _weights;
    readonly JsonObject _json;
    readonly string _where;
    readonly string _prefix;
    readonly FeedForwardDescriber _feedForward;

    internal ModelDescriber(HfConfig config, IWeightSource weights)
    {
        (_model, _weights, _json, _where) = (config.Model, weights, config.Json, config.Where);
        _rules = config.Family.Config;
        _traits = ForwardTraits.Of(_model.ModelType, _where);
        _prefix = s_prefixes.FirstOrDefault(prefix => weights.Has($"{prefix}embed_tokens.weight")) ?? s_prefixes[0];
        _feedForward = new FeedForwardDescriber(config, _traits, weights, Activation(_model.HiddenAct, _where));
    }

    internal WeightMatrix Embedding => new($"{_prefix}embed_tokens.weight", Width(_model.VocabSize), Width(_model.Hidden));

    internal string FinalNorm => $"{_prefix}norm.weight";

    internal WeightMatrix Output => _model.TieWordEmbeddings && !_weights.Has("lm_head.weight") ? Embedding : Embedding with { Name = "lm_head.weight", Bias = _model.HeadBias ? "lm_head.bias" : null };

    internal float EmbeddingScale => _traits.AreEmbeddingsScaled ? MathF.Sqrt(_model.Hidden) : (float)(Number("embedding_multiplier") ?? 1);

    internal float ResidualScale => (float)(Number("residual_multiplier") ?? 1);

    internal float LogitScale => (float)(1 / (Number("logits_scaling") ?? 1));

    internal float? LogitCap => Cap("final_logit_softcapping", _traits.Caps.Logits);

    internal LayerKind Layer(int index)
    {
        var prefix = $"{_prefix}layers.{index}.";
        var layer = new LayerKind
        {
            AttentionNorm = _traits.HasPostNormsOnly ? null : prefix + "input_layernorm.weight",
            MlpNorm = _traits.HasPostNormsOnly ? null : prefix + _traits.MlpNorm,
            AfterAttention = _traits.PostNorms is { } behind ? prefix + behind.Attention : null,
            AfterMlp = _traits.PostNorms is { } post ? prefix + post.Mlp : null,
        };
        layer = _model.IsLinearLayer(index) ? layer with { DeltaNet = DeltaNet(_model.DeltaNet!, prefix + "linear_attn.") }
            : _model.Mla is { } mla ? layer with { Latent = Latent(mla, prefix + "self_attn.") }
            : layer with { Attention = Attention(index, prefix + "self_attn.") };
        return _model.IsMoeLayer(index) ? layer with { Experts = _feedForward.Experts(prefix) } : layer with { Mlp = _feedForward.Dense(prefix + _traits.Mlp, _model.Ffn) };
    }

    AttentionKind Attention(int index, string prefix)
    {
        var (heads, groups, dim) = (Width(_model.Heads), Width(_model.KvGroups), Width(_model.HeadDim));
        var isGated = _model.DeltaNet is not null;
        var fused = prefix + "qkv_proj.weight";
        var isFused = _weights.Has(fused);
        WeightMatrix Projection(string name, int rows, int first) => new(isFused ? fused : $"{prefix}{name}.weight", rows, Width(_model.Hidden))
        {
            FirstRow = isFused ? first : 0,
            Bias = _model.AttentionBias ? isFused ? prefix + "qkv_proj.bias" : $"{prefix}{name}.bias" : null,
        };

        var isLocal = Window(index) is not null;
        return new AttentionKind
        {
            Query = Projection("q_proj", Width((long)heads * dim * (isGated ? 2 : 1)), 0),
            Key = Projection("k_proj", Width((long)groups * dim), heads * dim),
            Value = Projection("v_proj", Width((long)groups * dim), (heads + groups) * dim),
            Output = new WeightMatrix(prefix + "o_proj.weight", Width(_model.Hidden), heads * dim) { Bias = _model.OutputBias ? prefix + "o_proj.bias" : null },
            Heads = heads,
            Groups = groups,
            HeadDim = dim,
            Scale = Scale(dim),
            Window = Window(index),
            Chunk = Chunk(index),
            PositionScale = PositionScale(index),
            ScoreCap = Cap("attn_logit_softcapping", _traits.Caps.Scores),
            Clip = (float?)Number("clip_qkv"),
            Norm = Norm(index, isGated),
            QueryNorm = prefix + "q_norm.weight",
            KeyNorm = prefix + "k_norm.weight",
            Sinks = _traits.IsGptOss ? prefix + "sinks" : null,
            IsGated = isGated,
            Rotary = _model.NoRopeLayers.Contains(index) ? null : Rotary(isLocal, Turned(dim)),
        };
    }

    // transformers: gemma2 and gemma3 divide by the root of query_pre_attn_scalar, granite multiplies by attention_multiplier (1 where absent).
    float Scale(int dim) => _model.ModelType switch
    {
        "gemma2" or "gemma3_text" => (float)Math.Pow(Number("query_pre_attn_scalar") ?? 256, -0.5),
        "granite" or "granitemoe" => (float)(Number("attention_multiplier") ?? 1),
        _ => (float)Math.Pow(dim, -0.5),
    };

    HeadNorm Norm(int layer, bool isGated) => _traits.IsLlama4
        ? _json.Flag("use_qk_norm") != false && !_model.NoRopeLayers.Contains(layer) ? HeadNorm.Plain : HeadNorm.None
        : _model.QkNorm || isGated ? _traits.HeadNorm : HeadNorm.None;

    // transformers: layer_types where the config has them, else the layers that turn.
    long? Chunk(int layer)
    {
        if (!_traits.IsLlama4) { return null; }
        var isChunked = _json["layer_types"] is JsonArray kinds && layer < kinds.Count ? JsonFacts.Text(kinds[layer]) == "chunked_attention" : !_model.NoRopeLayers.Contains(layer);
        return isChunked ? AtLeastOne("attention_chunk_size", 8192) : null;
    }

    PositionScale? PositionScale(int layer)
    {
        if (_traits.IsLlama4)
        {
            var isOn = _json.Flag("attn_temperature_tuning") ?? Number("attn_temperature_tuning") is null or not 0;
            return isOn && _model.NoRopeLayers.Contains(layer) ? new PositionScale(Number("attn_scale") ?? 0.1, AtLeastOne("floor_scale", 8192), 1) : null;
        }
        return _model.RopeScaling?.Number("llama_4_scaling_beta") is { } beta && _model.RopeScaling.Number("original_max_position_embeddings") is { } step and >= 1
            ? new PositionScale(beta, step, 0)
            : null;
    }

    long AtLeastOne(string key, long usual)
    {
        var number = Number(key) ?? usual;
        return number is >= 1 and <= int.MaxValue ? (long)number : Throw.NoLength(_where, key, number);
    }

    RotaryKind Rotary(bool isLocal, int dim)
    {
        var isOwn = isLocal && _model.ModelType == "gemma3_text";
        return new RotaryKind(isOwn ? _model.RopeLocalTheta ?? 10_000 : _model.RopeTheta, dim, _model.Mla is not null || IsInterleaved, isOwn ? null : _model.RopeScaling, _model.MaxPositions,
            (long?)Number("original_max_position_embeddings"));
    }

    int Turned(int dim) => _model.PartialRotary <= 1 ? (int)(dim * _model.PartialRotary) / 2 * 2 : Throw.TooMuchTurned(_where, _model.PartialRotary);

    bool IsInterleaved => _rules.RotaryInterleaved;

    LatentKind Latent(MlaConfig mla, string prefix)
    {
        var (heads, hidden) = (Width(_model.Heads), Width(_model.Hidden));
        var dim = Width(mla.Nope + mla.Rope);
        var rows = Width((long)heads * dim);
        return new LatentKind
        {
            QueryDown = mla.QueryLora is { } lora ? new WeightMatrix(prefix + "q_a_proj.weight", Width(lora), hidden) { Bias = Bias("q_a_proj") } : null,
            QueryNorm = mla.QueryLora is null ? null : prefix + "q_a_layernorm.weight",
            Query = mla.QueryLora is { } latent ? new WeightMatrix(prefix + "q_b_proj.weight", rows, Width(latent)) : new WeightMatrix(prefix + "q_proj.weight", rows, hidden),
            Down = new WeightMatrix(prefix + "kv_a_proj_with_mqa.weight", Width(mla.KvLora + mla.Rope), hidden) { Bias = Bias("kv_a_proj_with_mqa") },
            KvNorm = prefix + "kv_a_layernorm.weight",
            Up = new WeightMatrix(prefix + "kv_b_proj.weight", Width(heads * (mla.Nope + mla.Value)), Width(mla.KvLora)),
            Output = new WeightMatrix(prefix + "o_proj.weight", hidden, Width(heads * mla.Value)) { Bias = _model.OutputBias ? prefix + "o_proj.bias" : null },
            Heads = heads,
            KvLora = Width(mla.KvLora),
            Nope = Width(mla.Nope),
            Rope = Width(mla.Rope),
            Value = Width(mla.Value),
            Scale = (float)(Math.Pow(dim, -0.5) * LatentScale()),
            Rotary = Rotary(false, Width(mla.Rope)),
        };

        string? Bias(string name) => _model.AttentionBias ? $"{prefix}{name}.bias" : null;
    }

    // transformers 5.12 scales the attention of DeepSeek-V3 and those after it by mscale_all_dim, that of DeepSeek-V2 not.
    double LatentScale()
    {
        if (_model.ModelType == "deepseek_v2" || _model.RopeScaling?.Number("mscale_all_dim") is not { } all || _model.RopeScaling.Number("factor") is not { } factor) { return 1; }
        var scale = all == 0 ? 1 : RotaryFrequencies.MScale(factor, all);
        return scale * scale;
    }

    DeltaNetKind DeltaNet(DeltaNetConfig net, string prefix)
    {
        var hidden = Width(_model.Hidden);
        var (keys, values) = (Width(net.KeyHeads * net.KeyDim), Width(net.ValueHeads * net.ValueDim));
        var isJoined = _weights.Has(prefix + "in_proj_qkvz.weight");
        WeightMatrix Input(string name, long rows) => new($"{prefix}{name}.weight", Width(rows), hidden);
        return new DeltaNetKind
        {
            Mixed = isJoined ? Input("in_proj_qkvz", (2L * keys) + (2L * values)) : Input("in_proj_qkv", (2L * keys) + values),
            Gate = isJoined ? null : Input("in_proj_z", values),
            Beta = isJoined ? Input("in_proj_ba", 2 * net.ValueHeads) : Input("in_proj_b", net.ValueHeads),
            Decay = isJoined ? null : Input("in_proj_a", net.ValueHeads),
            Convolution = new WeightMatrix(prefix + "conv1d.weight", (2 * keys) + values, Width(net.ConvKernel)),
            DecayLog = prefix + "A_log",
            DecayBias = prefix + "dt_bias",
            Norm = prefix + "norm.weight",
            Output = new WeightMatrix(prefix + "out_proj.weight", hidden, values),
            KeyHeads = Width(net.KeyHeads),
            ValueHeads = Width(net.ValueHeads),
            KeyDim = Width(net.KeyDim),
            ValueDim = Width(net.ValueDim),
        };
    }

    long? Window(int layer)
    {
        var window = _json.ContainsKey("sliding_window") ? _model.SlidingWindow : _traits.Window;
        if (window is null) { return null; }
        if (_json["layer_types"] is JsonArray kinds && kinds.Count > 0) { return _model.SlidingLayers.Contains(layer) ? window : null; }
        if (_traits.IsWindowOptional) { return _json.Flag("use_sliding_window") == true && layer >= (Number("max_window_layers") ?? 28) ? window : null; }
        var cycle = (int)(_model.ModelType == "gemma3_text" ? Number("sliding_window_pattern") ?? Number("_sliding_window_pattern") ?? _traits.WindowCycle : _traits.WindowCycle);
        return cycle == 1 || (cycle > 1 && (layer + 1) % cycle != 0) ? window : null;
    }

    float? Cap(string key, float? usual) => _json.ContainsKey(key) ? (float?)Number(key) : usual;

    double? Number(string key) => _json.Number(key);

    int Width(long size) => size is > 0 and <= MostWidth ? (int)size : Throw.TooWide(_where, size);

    const long MostWidth = 1 << 26;

    static Activation Activation(string name, string where) => name switch
    {
        "silu" or "swish" => Kernels.Activation.Silu,
        "gelu_pytorch_tanh" or "gelu_new" => Kernels.Activation.GeluTanh,
        "gelu" => Kernels.Activation.Gelu,
        _ => Throw.UnknownActivation(where, name),
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static int TooMuchTurned(string where, double part) => throw new MalformedCheckpointException(
            "INF-3.3", where, $"{part} of a head turns; allowed is all of it at most");

        [DoesNotReturn]
        internal static long NoLength(string where, string key, double found) => throw new MalformedCheckpointException(
            "INF-2.5", where, $"{key} is {found}; allowed is 1 and more");

        [DoesNotReturn]
        internal static int TooWide(string where, long size) => throw new UnsupportedCheckpointException(
            "INF-2.3", where, $"a layer is {size} wide; handled are widths up to {MostWidth}");

        [DoesNotReturn]
        internal static Activation UnknownActivation(string where, string name) => throw new UnsupportedCheckpointException(
            "INF-2.2", where, $"the activation is \"{name}\"; handled are silu, gelu, gelu_pytorch_tanh and gelu_new");
    }
}
