namespace Ckpt.Trainer.Optimizing;

/// <summary>
/// Where parameters lie in one buffer: those that are treated alike beside each other, so that a step is a few passes over long ranges whatever
/// the number of parameters; and which part of it each of the ranks with data of their own has.
/// </summary>
sealed class FlatLayout
{
    // Parts of ranks begin where vectors do.
    const long Alignment = 16;

    readonly Dictionary<string, (long First, long Count)> _places = new(StringComparer.Ordinal);

    internal FlatLayout(IReadOnlyList<FlatItem> items, int shards)
    {
        var ranges = new List<FlatRange>();
        var end = 0L;
        foreach (var group in items.GroupBy(static item => (item.Decays, item.Sharing)).OrderByDescending(static group => group.Key.Decays).ThenBy(static group => group.Key.Sharing))
        {
            var first = end;
            foreach (var item in group)
            {
                _places.Add(item.Name, (end, item.Count));
                end += item.Count;
            }
            ranges.Add(new FlatRange(first, end - first, group.Key.Decays, group.Key.Sharing));
        }
        (Ranges, Shards) = (ranges, shards);
        ShardCount = (end + (shards * Alignment) - 1) / (shards * Alignment) * Alignment;
    }

    /// <summary>The ranges, in order; padding is in none.</summary>
    internal IReadOnlyList<FlatRange> Ranges { get; }

    internal int Shards { get; }

    /// <summary>Elements of each shard.</summary>
    internal long ShardCount { get; }

    /// <summary>Elements of the buffer.</summary>
    internal long Count => ShardCount * Shards;

    internal (long First, long Count) Place(string name) => _places[name];

    /// <summary>What of a range lies in a shard, counted from the shard's beginning.</summary>
    internal (long First, long Count) In(int shard, long first, long count)
    {
        var begin = Math.Max(first, shard * ShardCount);
        var end = Math.Min(first + count, (shard + 1) * ShardCount);
        return (begin - (shard * ShardCount), Math.Max(0, end - begin));
    }
}
