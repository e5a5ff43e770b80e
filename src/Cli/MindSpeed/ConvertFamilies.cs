using System.Diagnostics.CodeAnalysis;
using Ckpt.Cli.Flags;
using Ckpt.Formats;

namespace Ckpt.Cli.MindSpeed;

/// <summary>
/// The kinds of models by MindSpeed-LLM's names (<c>--model-type-hf</c> of both converters), and the <c>model_type</c>s of config.json that each stands for.
/// </summary>
sealed record ConvertFamilies(string Said, IReadOnlyList<string> Families)
{
    // V1 converts whatever is built like Llama as llama2, with --add-qkv-bias for Qwen2. Where the list is empty, nothing of the kind is handled.
    static readonly Dictionary<string, string[]> s_kinds = new()
    {
        ["llama2"] = ["llama", "qwen2", "mistral", "internlm3"],
        ["qwen25"] = ["qwen2"],
        ["qwen3"] = ["qwen3"],
        ["qwen3-moe"] = ["qwen3_moe"],
        ["qwen2-moe"] = ["qwen2_moe"],
        ["qwen3-next"] = ["qwen3_next"],
        ["deepseek2"] = ["deepseek_v2"],
        ["deepseek2-lite"] = ["deepseek_v2"],
        ["deepseek3"] = ["deepseek_v3", "kimi_k2"],
        ["gemma"] = ["gemma"],
        ["gemma2"] = ["gemma2"],
        ["glm4"] = ["glm4", "glm"],
        ["glm45"] = ["glm4_moe"],
        ["glm45-air"] = ["glm4_moe"],
        ["glm45-moe"] = ["glm4_moe"],
        ["mixtral"] = ["mixtral"],
        ["seed-oss"] = ["seed_oss"],
        ["magistral"] = ["mistral"],
        ["phi3.5"] = ["phi3"],
        ["phi3.5-moe"] = ["phimoe"],
        ["minimax_m2"] = ["minimax_m2"],
        ["deepseek4"] = [],
        ["deepseek4_base"] = [],
        ["deepseek32"] = [],
        ["glm5"] = [],
        ["bailing_mini"] = [],
        ["plm"] = [],
        ["mamba2"] = [],
        ["longcat"] = [],
        ["HYV3"] = [],
        ["baichuan"] = [],
        ["baichuan2"] = [],
        ["chatglm3"] = [],
        ["bloom"] = [],
        ["bloom_3b"] = [],
        ["qwen"] = [],
        ["internlm2"] = [],
        ["minicpm"] = [],
        ["minicpm3"] = [],
        ["minicpm-moe"] = [],
        ["hunyuan"] = [],
    };

    /// <summary>Every name of both lists.</summary>
    internal static IReadOnlyCollection<string> Names => s_kinds.Keys;

    /// <summary>What a name stands for.</summary>
    /// <exception cref="UnsupportedCheckpointException">CLI-10.3: the name is none, or stands for nothing that is handled.</exception>
    internal static ConvertFamilies Of(string said) => s_kinds.TryGetValue(said, out var families) && families.Length > 0
        ? new ConvertFamilies(said, families)
        : throw (families is null ? Throw.Unknown(said) : Throw.NotHandled(said));

    /// <summary>CLI-10.3: returns where the model is of one of these families.</summary>
    internal void Check(string family, string where)
    {
        if (!Families.Contains(family)) { Throw.Other(this, family, where); }
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException Unknown(string said) => new(
            "CLI-10.3", $"--model-type-hf {said}", $"is no kind that MindSpeed-LLM names{(NearestName.Of(said, s_kinds.Keys) is { } nearest ? $"; did you mean {nearest}?" : ";")} handled are {Handled}");

        internal static UnsupportedCheckpointException NotHandled(string said) => new(
            "CLI-10.3", $"--model-type-hf {said}", $"is not in this version; handled are {Handled}");

        [DoesNotReturn]
        internal static void Other(ConvertFamilies kind, string family, string where) => throw new UsageException(
            "CLI-10.3", "--model-type-hf", $"{kind.Said} stands for {string.Join(" or ", kind.Families)}, and {where} says {family}");

        static string Handled => string.Join(", ", s_kinds.Where(static kind => kind.Value.Length > 0).Select(static kind => kind.Key));
    }
}
