namespace Ckpt.Verify.Reports;

/// <summary>A bar of a histogram.</summary>
readonly record struct ReportBar(string Label, long Count);

/// <summary>The histograms of a report. Pure.</summary>
static class ReportBars
{
    /// <summary>Elements that differ, by how many values of their type lie between; none where no tensor has such counts.</summary>
    internal static IReadOnlyList<ReportBar> Steps(IReadOnlyList<ReportedTensor> tensors)
    {
        var counts = new List<long>();
        foreach (var steps in tensors.Select(static tensor => tensor.Statistics?.Steps).OfType<IReadOnlyList<long>>())
        {
            for (var i = 0; i < steps.Count; i++)
            {
                if (i == counts.Count) { counts.Add(0); }
                counts[i] += steps[i];
            }
        }
        var first = Math.Max(1, counts.FindIndex(Math.Min(1, counts.Count), static count => count > 0));
        return [.. counts.Skip(first).Select((count, i) => new ReportBar(ReportNumbers.Steps(first + i), count))];
    }

    /// <summary>Tensors by mean distance, in powers of ten; none where none was measured.</summary>
    internal static IReadOnlyList<ReportBar> Distances(IReadOnlyList<ReportedTensor> tensors)
    {
        var counts = new long[HeatScale.Levels + 1];
        foreach (var tensor in tensors)
        {
            if (tensor.MeanDiff is { } distance) { counts[HeatScale.Of(distance)]++; }
        }
        if (counts.Skip(1).All(static count => count == 0)) { return []; }
        var (first, last) = (Array.FindIndex(counts, 1, static count => count > 0), Array.FindLastIndex(counts, static count => count > 0));
        return [new ReportBar("0", counts[0]), .. Enumerable.Range(first, last - first + 1).Select(level => new ReportBar(HeatScale.Range(level), counts[level]))];
    }

    /// <summary>How long a bar is, in percent of the longest: by the logarithm, so that one among millions is still seen.</summary>
    internal static double Length(long count, long most) => count <= 0 ? 0 : 4 + (96 * Math.Log(count + 1) / Math.Log(Math.Max(2, most + 1)));
}
