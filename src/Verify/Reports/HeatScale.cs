namespace Ckpt.Verify.Reports;

/// <summary>The levels of a mean distance: 0 for none, then one for each power of ten, from below 1e-7 to 0.1 and more.</summary>
static class HeatScale
{
    /// <summary>How many levels there are beside none.</summary>
    internal const int Levels = 8;

    const int Smallest = -8;

    /// <summary>The level of a mean distance; what is no number is the highest.</summary>
    internal static int Of(double meanDiff) => meanDiff == 0 ? 0
        : !double.IsFinite(meanDiff) ? Levels
        : Math.Clamp((int)Math.Floor(Math.Log10(meanDiff)) - Smallest + 1, 1, Levels);

    /// <summary>Where a level begins, for the legend.</summary>
    internal static string Text(int level) => level switch { 0 => "0", 1 => "< 1e-7", Levels => "≥ 0.1", _ => FormattableString.Invariant($"1e{level + Smallest - 1}") };

    /// <summary>What a level holds, for a histogram.</summary>
    internal static string Range(int level) => level is 0 or 1 or Levels ? Text(level) : $"{Text(level)} to {Text(level + 1).TrimStart('≥', ' ')}";
}
