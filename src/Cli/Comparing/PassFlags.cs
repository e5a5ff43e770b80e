using Ckpt.Cli.Flags;
using Ckpt.Cli.Running;
using Ckpt.Verify.Passes;

namespace Ckpt.Cli.Comparing;

/// <summary>The flags of forward comparisons: what models are given, and how far apart they may be.</summary>
static class PassFlags
{
    internal static readonly FlagSpec Prompt = new("prompt", FlagKind.Text, "text that the models are given, in place of the usual conversation");
    internal static readonly FlagSpec TokenIds = new("token_ids_file", FlagKind.Path, "token ids that the models are given: a JSON list, a list of such, or one sequence a line");
    internal static readonly FlagSpec Template = new("template", FlagKind.Text, "a template by name (qwen3, llama3, default, …) for the usual conversation, in place of the tokenizer's own");
    internal static readonly FlagSpec Batch = new("batch", FlagKind.Int, "sequences that are computed together, 1 where not given");

    static readonly FlagSpec s_mean = new("threshold", FlagKind.Number, "the mean_diff (with loss, where that is known) must be less; other tools advise 0.1") { Aliases = ["mean_diff"] };
    static readonly FlagSpec s_max = new("max_diff", FlagKind.Number, "no logit may be further apart");
    static readonly FlagSpec s_cosine = new("min_cosine", FlagKind.Number, "the cosine of all logits must be that at least");
    static readonly FlagSpec s_divergence = new("max_kl", FlagKind.Number, "the mean Kullback-Leibler divergence must be that at most");
    static readonly FlagSpec s_tokens = new("max_token_diff", FlagKind.Int, "no more tokens may be chosen otherwise");

    internal static readonly IReadOnlyList<FlagSpec> Inputs = [Prompt, TokenIds, Template, Batch];

    internal static readonly IReadOnlyList<FlagSpec> Limits = [s_mean, s_max, s_cosine, s_divergence, s_tokens];

    /// <summary>How far apart passes may be.</summary>
    internal static PassCriteria Criteria(FlagValues values) => new()
    {
        MeanDiff = NotNegative(values, s_mean),
        MaxDiff = NotNegative(values, s_max),
        LeastCosine = values.Number(s_cosine.Name),
        Divergence = NotNegative(values, s_divergence),
        TokenDiff = values.Int(s_tokens.Name),
    };

    /// <summary>How passes are run.</summary>
    internal static PassOptions Options(FlagValues values)
    {
        var options = new PassOptions { Batch = RunFlags.AtLeastOne(values, Batch.Name) ?? 1 };
        if (RunFlags.AtLeastOne(values, "workers") is { } threads) { options = options with { Threads = threads }; }
        return values.Size("max_memory") is { } memory ? options with { MaxMemory = Left(memory) } : options;
    }

    /// <summary>What of a process' memory passes may take.</summary>
    internal static long Left(long memory) => Math.Max(0, memory - Sharding.Running.MemoryBudget.RuntimeBytes);

    static double? NotNegative(FlagValues values, FlagSpec flag) => values.Number(flag.Name) is { } number and < 0
        ? throw new UsageException("CLI-1.7", flag.Shown, $"{number}; at least 0 is allowed")
        : values.Number(flag.Name);
}
