using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Inference.Descriptions;

/// <summary>What of a family's forward pass no config key says, after transformers 5.12's modelling code.</summary>
sealed record ForwardTraits
{
    /// <summary>Norms of queries and keys, where the config has them.</summary>
    internal HeadNorm HeadNorm { get; init; } = HeadNorm.Each;

    /// <summary>No norm before attention and feed-forward layers, one behind each.</summary>
    internal bool HasPostNormsOnly { get; init; }

    /// <summary>Norms behind attention and feed-forward layers, by name; null where there are none.</summary>
    internal (string Attention, string Mlp)? PostNorms { get; init; }

    /// <summary>The norm before the feed-forward layer.</summary>
    internal string MlpNorm { get; init; } = "post_attention_layernorm.weight";

    /// <summary>Embeddings are multiplied by the root of the width.</summary>
    internal bool AreEmbeddingsScaled { get; init; }

    /// <summary>Which layers see a window only, where no <c>layer_types</c> says: of so many, all but the last; 1: all of them; 0: none.</summary>
    internal int WindowCycle { get; init; }

    /// <summary>A window counts only where <c>use_sliding_window</c> is set, and from <c>max_window_layers</c> on.</summary>
    internal bool IsWindowOptional { get; init; }

    /// <summary>The window, where the config has no such key.</summary>
    internal long? Window { get; init; }

    /// <summary>Scores and logits are held between what the config says, or these.</summary>
    internal (float? Scores, float? Logits) Caps { get; init; }

    /// <summary>Attention has sinks, and experts are fused, interleaved, transposed and biased.</summary>
    internal bool IsGptOss { get; init; }

    /// <summary>The softmax of scores is over the chosen experts.</summary>
    internal bool IsSoftMaxOfChosen { get; init; }

    /// <summary>The router draws its two experts as SparseMixer does.</summary>
    internal bool IsSparseMixer { get; init; }

    /// <summary>Llama 4: layers that turn see chunks and norm queries and keys behind the turning, those that do not scale queries by position; experts get weighted inputs.</summary>
    internal bool IsLlama4 { get; init; }

    /// <summary>Where a layer's feed-forward part is.</summary>
    internal string Mlp { get; init; } = "mlp.";

    /// <summary>Router defaults: groups, chosen groups, scale.</summary>
    internal (int Groups, int Chosen, float Scale) Router { get; init; } = (1, 1, 1);

    /// <summary>The smallest sum of chosen scores, as ernie4_5_moe's key says.</summary>
    internal float LeastSum { get; init; } = 1e-20f;

    static readonly ForwardTraits s_plain = new();
    static readonly ForwardTraits s_optionalWindow = new() { IsWindowOptional = true };
    static readonly ForwardTraits s_alwaysWindow = new() { WindowCycle = 1 };
    static readonly ForwardTraits s_deepSeek = new() { Router = (8, 4, 2.5f) };
    static readonly ForwardTraits s_gemma = new() { AreEmbeddingsScaled = true };
    static readonly ForwardTraits s_fourNorms = s_gemma with { PostNorms = ("post_attention_layernorm.weight", "post_feedforward_layernorm.weight"), MlpNorm = "pre_feedforward_layernorm.weight", Window = 4096 };
    static readonly ForwardTraits s_olmo = new()
    {
        HeadNorm = HeadNorm.Wide,
        HasPostNormsOnly = true,
        PostNorms = ("post_attention_layernorm.weight", "post_feedforward_layernorm.weight"),
    };

    static readonly Dictionary<string, ForwardTraits> s_table = new(StringComparer.Ordinal)
    {
        ["deepseek"] = s_plain,
        ["deepseek_v2"] = s_plain,
        ["deepseek_v3"] = s_deepSeek,
        ["dots1"] = s_plain,
        ["ernie4_5"] = s_plain,
        ["ernie4_5_moe"] = s_plain with { LeastSum = 1e-12f },
        ["gemma"] = s_gemma,
        ["gemma2"] = s_fourNorms with { WindowCycle = 2, Caps = (50, 30) },
        ["gemma3_text"] = s_fourNorms with { WindowCycle = 6 },
        ["glm"] = s_plain,
        ["glm4"] = s_plain with { PostNorms = ("post_self_attn_layernorm.weight", "post_mlp_layernorm.weight") },
        ["glm4_moe"] = s_plain,
        ["glm4_moe_lite"] = s_plain with { Router = (1, 1, 1.8f) },
        ["gpt_oss"] = s_plain with { IsGptOss = true, IsSoftMaxOfChosen = true, WindowCycle = 2, Window = 128 },
        ["granite"] = s_plain,
        ["granitemoe"] = s_plain with { IsSoftMaxOfChosen = true },
        ["internlm3"] = s_plain,
        ["kimi_k2"] = s_deepSeek,
        ["llama"] = s_plain,
        ["llama4_text"] = s_plain with { IsLlama4 = true, Mlp = "feed_forward." },
        ["mimo"] = s_plain,
        ["minimax_m2"] = s_plain with { HeadNorm = HeadNorm.Wide },
        ["ministral"] = s_alwaysWindow with { Window = 4096 },
        ["ministral3"] = s_alwaysWindow,
        ["mistral"] = s_alwaysWindow,
        ["mixtral"] = s_alwaysWindow,
        ["olmo2"] = s_olmo,
        ["olmo3"] = s_olmo with { WindowCycle = 4, Window = 4096 },
        ["olmoe"] = s_plain with { HeadNorm = HeadNorm.Wide },
        ["phi3"] = s_alwaysWindow,
        ["phimoe"] = s_alwaysWindow with { IsSparseMixer = true },
        ["qwen2"] = s_optionalWindow,
        ["qwen2_moe"] = s_optionalWindow,
        ["qwen3"] = s_optionalWindow,
        ["qwen3_moe"] = s_plain,
        ["qwen3_next"] = s_plain,
        ["qwen3_5_text"] = s_plain,
        ["qwen3_5_moe_text"] = s_plain,
        ["seed_oss"] = s_plain,
        ["smollm3"] = s_plain,
    };

    /// <summary>The families whose forward pass is known.</summary>
    internal static IReadOnlyCollection<string> Families => s_table.Keys;

    /// <exception cref="UnsupportedCheckpointException">INF-2.1: the family's forward pass is not known.</exception>
    internal static ForwardTraits Of(string family, string where) => s_table.TryGetValue(family, out var traits) ? traits : Throw.Unknown(family, where);

    static class Throw
    {
        [DoesNotReturn]
        internal static ForwardTraits Unknown(string family, string where) => throw new UnsupportedCheckpointException(
            "INF-2.1", where, $"the forward pass of {family} is not known; known are {string.Join(", ", s_table.Keys)}");
    }
}
