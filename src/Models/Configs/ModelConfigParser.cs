using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;

namespace Ckpt.Models.Configs;

/// <summary>Turns a config.json of either era into a <see cref="ModelConfig"/>, by the rules of its family.</summary>
static class ModelConfigParser
{
    // Bounds on the names and links of a map, so that a small hostile file cannot ask for more than memory holds. The largest model
    // there is by this count, Kimi K2, has 61 layers of 384 experts: 23,424.
    const int MaxLayers = 16_384;
    const long MaxLayerParts = 1 << 19;
    const int MaxMtpLayers = 64;

    internal static ModelConfig Parse(ConfigReader reader, ModelFamily family)
    {
        var rules = family.Config;
        var layers = reader.Size("num_hidden_layers");
        if (layers > MaxLayers) { Throw.TooMany(reader.Where, $"num_hidden_layers is {layers}", MaxLayers); }
        var hidden = reader.Size("hidden_size");
        var heads = reader.Size("num_attention_heads");
        var mla = rules.IsMla ? MlaConfig.Parse(reader) : null;
        // Every head of multi-latent attention has keys and values of its own.
        var groups = rules.IsMla ? heads : Groups(reader, rules, heads);
        if (heads % groups != 0) { Throw.Heads(reader.Where, heads, groups); }
        if (groups * layers > MaxLayerParts) { Throw.TooMany(reader.Where, $"{layers} layers of {groups} key/value heads are {groups * layers}", MaxLayerParts); }
        var headDim = mla is null ? HeadDim(reader, rules, hidden, heads) : reader.OptionalSize("head_dim") ?? mla.Rope;
        var tied = reader.Flags("tie_word_embeddings").ToArray();
        var config = new ModelConfig
        {
            ModelType = family.Name,
            Architectures = reader.Texts("architectures"),
            Layers = (int)layers,
            Hidden = hidden,
            Heads = heads,
            KvGroups = groups,
            HeadDim = headDim,
            Ffn = Ffn(reader, rules),
            VocabSize = reader.Size("vocab_size"),
            TieWordEmbeddings = tied.Length == 0 ? rules.TieWordEmbeddings : rules.Text.IsTiedInside ? tied[0] : tied[^1],
            IsTieDisputed = tied.Distinct().Count() > 1,
            AttentionBias = Bias(reader, rules.AttentionBias),
            OutputBias = Bias(reader, rules.OutputBias),
            MlpBias = Bias(reader, rules.MlpBias),
            HeadBias = Bias(reader, rules.HeadBias),
            QkNorm = (rules.QkNormKey is { } key ? reader.OptionalFlag(key) : null) ?? rules.QkNorm,
            HiddenAct = reader.OptionalText("hidden_activation") ?? reader.OptionalText("hidden_act") ?? rules.HiddenAct,
            NormEps = reader.OptionalPositive("rms_norm_eps") ?? rules.NormEps,
            RopeTheta = RopeConfig.Theta(reader, rules),
            RopeLocalTheta = RopeConfig.LocalTheta(reader),
            RopeScaling = RopeConfig.Scaling(reader),
            PartialRotary = RopeConfig.Partial(reader, rules, headDim),
            NoRopeLayers = RopeConfig.NoRopeLayers(reader, rules, (int)layers),
            SlidingWindow = reader.OptionalCount(0, "sliding_window") is { } window and > 0 ? window : null,
            SlidingLayers = reader.OptionalTexts("layer_types").Index().Where(kind => kind.Item == "sliding_attention" && kind.Index < layers).Select(kind => kind.Index).ToHashSet(),
            MaxPositions = reader.OptionalSize("max_position_embeddings") ?? rules.MaxPositions,
            TorchDType = Type(reader),
            QuantMethod = reader.OptionalObject("quantization_config")?.OptionalText("quant_method"),
            Mla = mla,
            DeltaNet = rules.HasDeltaNets ? DeltaNetConfig.Parse(reader, (int)layers) : null,
            MtpLayers = MtpLayers(reader, rules),
            ListsLayers = rules.HasDeltaNets,
            IsOfTransformers5 = reader.OptionalText("transformers_version") is { } version && version.Length > 1 && version[0] is >= '5' and <= '9' && version[1] == '.',
        };
        if (rules.Moe is { } moe) { config = WithExperts(config, reader, moe); }
        CheckCounts(config, reader.Where);
        return config;
    }

    static int? MtpLayers(ConfigReader reader, ConfigRules rules)
    {
        if (rules.MtpLayers.Count == 0 || reader.OptionalCount(0, rules.MtpLayers) is not { } count) { return null; }
        if (count > MaxMtpLayers) { Throw.TooMany(reader.Where, $"{rules.MtpLayers[0]} is {count}", MaxMtpLayers); }
        return (int)count;
    }

    static long Groups(ConfigReader reader, ConfigRules rules, long heads) =>
        reader.OptionalSize("num_key_value_heads") ?? (reader.Has("num_key_value_heads") ? heads : rules.KvHeads ?? heads);

    static long HeadDim(ConfigReader reader, ConfigRules rules, long hidden, long heads)
    {
        if (reader.OptionalSize("head_dim") is { } given) { return given; }
        if (!reader.Has("head_dim") && rules.HeadDim is { } usual) { return usual; }
        if (hidden % heads != 0) { Throw.HeadDim(reader.Where, hidden, heads); }
        return hidden / heads;
    }

    static bool Bias(ConfigReader reader, BiasRule rule) => rule.Key is { } key ? reader.OptionalFlag(key) ?? rule.Default : rule.Default;

    // Without dense layers the width is nobody's, and configs of such families may leave it out where experts have a key of their own.
    static long Ffn(ConfigReader reader, ConfigRules rules) =>
        reader.OptionalSize(rules.Ffn) ?? (rules.HasDeltaNets && rules.Moe is { } moe ? reader.OptionalSize(moe.Ffn) : null) ?? (rules.Ffn == "intermediate_size" ? reader.Size(rules.Ffn) : reader.Size(rules.Ffn, "intermediate_size"));

    static DType? Type(ConfigReader reader)
    {
        foreach (var key in new[] { "dtype", "torch_dtype" })
        {
            if (reader.OptionalText(key) is not { } name) { continue; }
            if (!DTypes.TryParseTorch(name, out var dtype)) { Throw.Type(reader.Where, key, name); }
            return dtype;
        }
        return null;
    }

    static ModelConfig WithExperts(ModelConfig config, ConfigReader reader, MoeRules rules)
    {
        var experts = reader.OptionalCount(0, rules.Experts) ?? reader.Size(rules.Experts);
        if (experts == 0) { return config; }
        var layers = config.Layers + (config.MtpLayers ?? 0);
        if (experts * layers > MaxLayerParts) { Throw.TooMany(reader.Where, $"{layers} layers of {experts} experts are {experts * layers}", MaxLayerParts); }
        var topK = reader.OptionalSize(rules.TopK) ?? rules.DefaultTopK;
        if (topK > experts) { Throw.TopK(reader.Where, topK, experts); }
        return config with
        {
            Experts = (int)experts,
            TopK = (int)topK,
            MoeFfn = reader.Size(rules.Ffn),
            NormTopkProb = (rules.HasNormTopkProb ? reader.OptionalFlag("norm_topk_prob") : null) ?? rules.DefaultNormTopkProb,
            SharedFfn = SharedFfn(reader, rules),
            ScoreFunction = reader.OptionalText("scoring_func") ?? rules.ScoreFunction,
            RouterGroups = reader.OptionalSize("n_group"),
            RouterGroupTopK = reader.OptionalSize("topk_group"),
            RoutedScaling = reader.OptionalPositive("routed_scaling_factor"),
            MlpOnlyLayers = MoeLayers.Dense(reader, rules, config.Layers),
            ListsLayers = config.ListsLayers || rules.Layers is MoeLayerRule.FirstDense or MoeLayerRule.Interval,
        };
    }

    static long SharedFfn(ConfigReader reader, MoeRules rules)
    {
        if (rules.SharedFfn is { } key) { return reader.OptionalCount(0, key) ?? rules.DefaultShared; }
        var count = (rules.Shared.Count == 0 ? null : reader.OptionalCount(0, rules.Shared)) ?? rules.DefaultShared;
        return count == 0 ? 0 : checked(count * reader.Size(rules.Ffn));
    }

    static void CheckCounts(ModelConfig config, string where)
    {
        var layers = (UInt128)config.Layers;
        var widest = (UInt128)config.HeadDim * (UInt128)(config.Heads + 2 * config.KvGroups);
        Check("attention", layers * widest * (config.DeltaNet is null ? 1u : 2u) * (UInt128)config.Hidden);
        if (config.Mla is { } mla) { Check("attention", layers * (UInt128)config.Heads * (UInt128)(mla.Nope + mla.Rope + mla.Value) * (UInt128)Math.Max(config.Hidden, Math.Max(mla.KvLora, mla.QueryLora ?? 0))); }
        if (config.DeltaNet is { } net) { Check("attention", layers * 2 * (((UInt128)net.KeyHeads * (UInt128)net.KeyDim) + ((UInt128)net.ValueHeads * (UInt128)(net.ValueDim + 1))) * (UInt128)Math.Max(config.Hidden, net.ConvKernel)); }
        Check("feed-forward", layers * 2 * (UInt128)config.Ffn * (UInt128)config.Hidden);
        Check("experts", layers * (UInt128)config.Experts * 2 * (UInt128)config.MoeFfn * (UInt128)config.Hidden);
        Check("shared experts", layers * 2 * (UInt128)config.SharedFfn * (UInt128)config.Hidden);
        Check("embedding", (UInt128)config.VocabSize * (UInt128)config.Hidden);

        void Check(string what, UInt128 elements)
        {
            if (elements >> 60 != 0) { Throw.TooLarge(where, what, elements); }
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooMany(string where, string found, long most) => throw new MalformedCheckpointException(
            "CFG-1.6", where, $"{found}, allowed are at most {most}");

        [DoesNotReturn]
        internal static void TooLarge(string where, string what, UInt128 elements) => throw new MalformedCheckpointException(
            "CFG-1.6", where, $"the sizes make {elements} elements of {what} weights, allowed are fewer than {1L << 60}");

        [DoesNotReturn]
        internal static void Type(string where, string key, string found) => throw new MalformedCheckpointException(
            "CFG-1.4", where, $"{key} is \"{found}\", allowed is a torch element type such as bfloat16");

        [DoesNotReturn]
        internal static void Heads(string where, long heads, long groups) => throw new MalformedCheckpointException(
            "CFG-2.1", where, $"num_attention_heads is {heads} and num_key_value_heads {groups}; each of the {groups} must serve as many of the {heads}");

        [DoesNotReturn]
        internal static void HeadDim(string where, long hidden, long heads) => throw new MalformedCheckpointException(
            "CFG-2.2", where, $"there is no head_dim, and hidden_size {hidden} is not a multiple of num_attention_heads {heads}");

        [DoesNotReturn]
        internal static void TopK(string where, long topK, long experts) => throw new MalformedCheckpointException(
            "CFG-2.3", where, $"a token goes to {topK} experts, there are {experts}");
    }
}
