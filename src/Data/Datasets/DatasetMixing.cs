namespace Ckpt.Data.Datasets;

/// <summary>Mixes sources of rows (DAT-4.4).</summary>
public static class DatasetMixing
{
    /// <summary>The rows of several sources, in the order of a strategy.</summary>
    /// <param name="sources">Sources, which may be begun anew (for <see cref="MixStrategy.InterleaveOver"/>).</param>
    /// <param name="strategy">When to end.</param>
    /// <param name="weights">How often each is drawn, relative to the others; null for alike.</param>
    /// <param name="seed">The seed of the draws.</param>
    public static IEnumerable<T> Mix<T>(IReadOnlyList<IEnumerable<T>> sources, MixStrategy strategy, IReadOnlyList<double>? weights, ulong seed)
    {
        if (strategy == MixStrategy.Concat) { return sources.SelectMany(s => s); }
        weights ??= [.. Enumerable.Repeat(1.0, sources.Count)];
        if (weights.Count != sources.Count || weights.Any(w => !double.IsFinite(w) || w <= 0))
        {
            throw new MalformedDataException("DAT-4.4", "interleave probabilities", $"{weights.Count} for {sources.Count} sources; wanted is one above 0 for each");
        }
        return Interleave(sources, strategy, weights, seed);
    }

    static IEnumerable<T> Interleave<T>(IReadOnlyList<IEnumerable<T>> sources, MixStrategy strategy, IReadOnlyList<double> weights, ulong seed)
    {
        var (numbers, total) = (new SeededNumbers(seed), weights.Sum());
        var open = sources.Select(s => s.GetEnumerator()).ToArray();
        var (ended, seen) = (new bool[open.Length], new bool[open.Length]);
        try
        {
            while (true)
            {
                var at = Draw(numbers.Fraction() * total, weights);
                if (!open[at].MoveNext())
                {
                    ended[at] = true;
                    // A source of nothing would be begun anew for ever.
                    if (strategy == MixStrategy.InterleaveUnder || ended.All(e => e) || !seen[at]) { yield break; }
                    open[at].Dispose();
                    open[at] = sources[at].GetEnumerator();
                    if (!open[at].MoveNext()) { yield break; }
                }
                seen[at] = true;
                yield return open[at].Current;
            }
        }
        finally { foreach (var one in open) { one.Dispose(); } }
    }

    static int Draw(double at, IReadOnlyList<double> weights)
    {
        for (var i = 0; i < weights.Count - 1; i++)
        {
            if (at < weights[i]) { return i; }
            at -= weights[i];
        }
        return weights.Count - 1;
    }
}
