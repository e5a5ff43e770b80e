using Ckpt.Data.Packing;

namespace Ckpt.Trainer.Datasets;

/// <summary>Packs rows as ms-swift does: a thousand at a time, the last pack of a round being opened again for the next (TRL-3.2).</summary>
public static class RowPacking
{
    /// <summary>Rows of a round.</summary>
    public const int Round = 1000;

    /// <summary>Which rows share a pack, by their lengths.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Plan(IReadOnlyList<int> lengths, int capacity, PackingStrategy strategy)
    {
        var (packs, open) = (new List<IReadOnlyList<int>>(), new List<int>());
        for (var start = 0; start < lengths.Count; start += Round)
        {
            var end = Math.Min(start + Round, lengths.Count);
            open.AddRange(Enumerable.Range(start, end - start));
            packs.AddRange(Packs(open, i => lengths[i], capacity, strategy));
            open.Clear();
            if (end == lengths.Count || packs.Count == 0) { break; }
            open.AddRange(packs[^1]);
            packs.RemoveAt(packs.Count - 1);
        }
        return packs;
    }

    /// <summary>The packs of a stream of rows, in memory for one round.</summary>
    public static IEnumerable<TrainingRow> Stream(IEnumerable<TrainingRow> rows, int capacity, PackingStrategy strategy)
    {
        var open = new List<TrainingRow>();
        foreach (var round in rows.Chunk(Round))
        {
            open.AddRange(round);
            var packs = Packs(open, r => r.Length, capacity, strategy).ToList();
            foreach (var pack in packs.SkipLast(1)) { yield return TrainingRow.Joined(pack); }
            open = [.. packs[^1]];
        }
        if (open.Count > 0) { yield return TrainingRow.Joined(open); }
    }

    static IEnumerable<IReadOnlyList<T>> Packs<T>(IReadOnlyList<T> items, Func<T, int> length, int capacity, PackingStrategy strategy)
    {
        // A row longer than a pack has one to itself.
        var lengths = items.Select(i => Math.Min(length(i), capacity)).ToList();
        var plan = strategy == PackingStrategy.Sequential ? PackPlan.Sequential(lengths, capacity) : PackPlan.BestFitDecreasing(lengths, capacity);
        return plan.Select(pack => (IReadOnlyList<T>)[.. pack.Select(i => items[i])]);
    }
}
