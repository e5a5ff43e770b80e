using System.Text.RegularExpressions;

namespace Ckpt.Trainer.Adapting;

/// <summary>Which parameters are trained.</summary>
static class FreezePlan
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>The names of those that are, of parameters in the model's order.</summary>
    internal static HashSet<string> Trained(FreezeOptions options, IReadOnlyList<(string Name, long Count)> parameters)
    {
        var trained = new HashSet<string>(StringComparer.Ordinal);
        var most = options.FrozenRatio * parameters.Sum(static parameter => parameter.Count);
        var passed = 0L;
        foreach (var (name, count) in parameters)
        {
            passed += count;
            var isFrozen = options.IsAll || (options.FrozenRatio > 0 && passed <= most) || Begins(options.Frozen, name) || Fits(options.FrozenPattern, name);
            if (!isFrozen || Begins(options.Trained, name) || Fits(options.TrainedPattern, name)) { trained.Add(name); }
        }
        return trained;
    }

    static bool Begins(IReadOnlyList<string> beginnings, string name) => beginnings.Any(beginning => name.StartsWith(beginning, StringComparison.Ordinal));

    static bool Fits(string? pattern, string name) => pattern is not null && Regex.IsMatch(name, pattern, RegexOptions.CultureInvariant, s_patience);
}
