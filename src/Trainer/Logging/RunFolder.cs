using System.Globalization;
using System.Text.RegularExpressions;

namespace Ckpt.Trainer.Logging;

/// <summary>Names the folder of a run: <c>v{N}-{date}-{time}</c>, N being one more than the greatest there is (TRL-6.3).</summary>
public static partial class RunFolder
{
    /// <summary>The name that follows those in a folder.</summary>
    /// <param name="existing">Names there are.</param>
    /// <param name="now">The time.</param>
    public static string Next(IEnumerable<string> existing, DateTime now)
    {
        var last = existing.Select(n => Version().Match(n)).Where(m => m.Success && long.TryParse(m.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(m => long.Parse(m.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)).DefaultIfEmpty(-1).Max();
        return string.Create(CultureInfo.InvariantCulture, $"v{last + 1}-{now:yyyyMMdd-HHmmss}");
    }

    [GeneratedRegex("^v([0-9]+)-", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
