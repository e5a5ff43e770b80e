using System.Globalization;

namespace Ckpt.Verify.Passes;

/// <summary>How far two passes may be apart. What is not said is not asked, but that the mean distance be 0 where nothing at all is (VER-2.3).</summary>
public sealed record PassCriteria
{
    /// <summary>The mean distance must be less; with loss, where samples say what is trained on.</summary>
    public double? MeanDiff { get; init; }

    /// <summary>No distance may be larger.</summary>
    public double? MaxDiff { get; init; }

    /// <summary>The cosine may not be smaller.</summary>
    public double? LeastCosine { get; init; }

    /// <summary>The divergence may not be larger.</summary>
    public double? Divergence { get; init; }

    /// <summary>No more tokens may differ.</summary>
    public int? TokenDiff { get; init; }

    /// <summary>Whether anything is asked.</summary>
    public bool IsAsked => (MeanDiff ?? MaxDiff ?? LeastCosine ?? Divergence ?? TokenDiff) is not null;

    /// <summary>What of a report does not meet them, in words; nothing where all does. What is no number meets none.</summary>
    public IReadOnlyList<string> Faults(PassReport report)
    {
        var faults = new List<string>();
        if (!IsAsked) { Must(report.IsEqual, "mean_diff", report.All.MeanDiff, "must be 0"); }
        var judged = report.WithLoss ?? report.All;
        if (MeanDiff is { } mean) { Must(judged.MeanDiff < mean, report.WithLoss is null ? "mean_diff" : "mean_diff (with loss)", judged.MeanDiff, $"must be less than {Text(mean)}"); }
        if (MaxDiff is { } max) { Must(report.All.MaxDiff <= max, "max_diff", report.All.MaxDiff, $"must be {Text(max)} at most"); }
        if (LeastCosine is { } cosine) { Must(report.Cosine >= cosine, "cosine", report.Cosine, $"must be {Text(cosine)} at least"); }
        if (Divergence is { } divergence) { Must(report.Divergence <= divergence, "kl", report.Divergence, $"must be {Text(divergence)} at most"); }
        if (TokenDiff is { } tokens) { Must(report.All.TokenDiff <= tokens, "token_diff", report.All.TokenDiff, $"must be {tokens} at most"); }
        return faults;

        void Must(bool holds, string what, double found, string rule)
        {
            if (!holds) { faults.Add($"{what} is {Text(found)}, {rule}"); }
        }
    }

    static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
