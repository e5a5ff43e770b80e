namespace Ckpt.Cli.Flags;

/// <summary>Finds what a mistyped name was probably meant to be.</summary>
static class NearestName
{
    /// <summary>The known name at the smallest edit distance, or null where all are too far to be meant.</summary>
    internal static string? Of(string name, IEnumerable<string> known)
    {
        var (best, bestDistance) = ((string?)null, Math.Max(2, name.Length / 3) + 1);
        foreach (var candidate in known)
        {
            var distance = Distance(name, candidate);
            if (distance < bestDistance) { (best, bestDistance) = (candidate, distance); }
        }
        return best;
    }

    /// <summary>How many insertions, deletions, replacements and swaps of neighbours lead from one text to the other.</summary>
    internal static int Distance(string a, string b)
    {
        var (before, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++) { row[j] = j; }
        for (var i = 1; i <= a.Length; i++)
        {
            (before, last, row) = (last, row, before);
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) { row[j] = Math.Min(row[j], before[j - 2] + 1); }
            }
        }
        return row[b.Length];
    }
}
