using Ckpt.Formats;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;

namespace Ckpt.Cli.Export;

/// <summary>What <c>--expert_format</c> means for a family.</summary>
static class ExpertNaming
{
    /// <summary>The bridge's name for one tensor an expert.</summary>
    internal const string PerExpert = "per expert";

    /// <summary>The bridge's choices for it.</summary>
    /// <exception cref="UnsupportedCheckpointException">CLI-3.15: the family's files have experts one way only.</exception>
    internal static IReadOnlyDictionary<string, string> Choices(ModelFamily family, string? asked)
    {
        if (asked is null) { return new Dictionary<string, string>(); }
        var options = family.Choices.FirstOrDefault(static choice => choice.Name == ModelCheckpoint.ExpertsChoice)?.Options ?? [];
        // Some families have more than one way of fusing; the first is the usual one.
        var option = options.FirstOrDefault(option => option == asked) ?? options.FirstOrDefault(option => option.StartsWith(asked, StringComparison.Ordinal));
        return option is null
            ? throw new UnsupportedCheckpointException("CLI-3.15", "--expert_format", $"{family.Name} files have {(options.Count == 0 ? "one form of experts, or none" : $"experts as {string.Join(" or ", options)}")}")
            : new Dictionary<string, string> { [ModelCheckpoint.ExpertsChoice] = option };
    }
}
