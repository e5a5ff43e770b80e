namespace Ckpt.Data.Datasets;

/// <summary>Which rows are taken, in which order: pure functions of counts and a seed.</summary>
public static class DatasetSampling
{
    /// <summary>
    /// Rows for <c>#count</c>: all of them where count is null; fewer are drawn without repetition; more repeat all as often as they fit and
    /// draw the rest (DAT-4.2).
    /// </summary>
    public static IReadOnlyList<int> Choose(int have, long? count, ulong seed)
    {
        var all = Enumerable.Range(0, have).ToArray();
        if (count is not { } wanted || wanted == have) { return all; }
        if (have == 0 || wanted > Array.MaxLength) { throw new MalformedDataException("DAT-4.2", "#" + wanted, $"{wanted} rows are wanted of a data set of {have}"); }
        var chosen = new List<int>((int)wanted);
        while (chosen.Count + have <= wanted) { chosen.AddRange(all); }
        var rest = (int)wanted - chosen.Count;
        if (rest > 0)
        {
            new SeededNumbers(seed).Shuffle<int>(all);
            chosen.AddRange(all.Take(rest));
        }
        return chosen;
    }

    /// <summary>The numbers from 0 in a shuffled order.</summary>
    public static int[] Shuffled(int count, ulong seed)
    {
        var order = Enumerable.Range(0, count).ToArray();
        new SeededNumbers(seed).Shuffle<int>(order);
        return order;
    }

    /// <summary>Rows for training and rows for validation, drawn, each in their old order; a part of the ratio is at least one row where both can have one (DAT-4.3).</summary>
    public static (IReadOnlyList<int> Training, IReadOnlyList<int> Validation) Split(int count, double ratio, ulong seed)
    {
        if (!(ratio >= 0 && ratio < 1)) { throw new MalformedDataException("DAT-4.3", "split ratio", $"{ratio}; allowed are 0 to below 1"); }
        var held = ratio == 0 || count < 2 ? 0 : Math.Clamp((int)Math.Round(count * ratio), 1, count - 1);
        var drawn = Shuffled(count, seed).Take(held).ToHashSet();
        return (Enumerable.Range(0, count).Where(i => !drawn.Contains(i)).ToList(), drawn.Order().ToList());
    }

    /// <summary>Rows in the order of a buffer that gives a random one of its own and takes the next in its place: for streams.</summary>
    public static IEnumerable<T> Buffered<T>(IEnumerable<T> rows, int buffer, ulong seed)
    {
        var (numbers, held) = (new SeededNumbers(seed), new List<T>(Math.Min(buffer, 4096)));
        foreach (var row in rows)
        {
            if (held.Count < buffer)
            {
                held.Add(row);
                continue;
            }
            var at = (int)numbers.Below(held.Count);
            yield return held[at];
            held[at] = row;
        }
        while (held.Count > 0)
        {
            var at = (int)numbers.Below(held.Count);
            yield return held[at];
            held[at] = held[^1];
            held.RemoveAt(held.Count - 1);
        }
    }
}
