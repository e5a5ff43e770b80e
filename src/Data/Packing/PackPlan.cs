namespace Ckpt.Data.Packing;

/// <summary>Which samples share a sequence. Pure functions of lengths.</summary>
public static class PackPlan
{
    /// <summary>
    /// Best-fit decreasing: samples from the longest down, each into the fullest sequence that still has room for it; equal lengths in
    /// their order (DAT-5.2). n·log n.
    /// </summary>
    /// <param name="lengths">Tokens of each sample, none above the capacity.</param>
    /// <param name="capacity">Tokens of a sequence.</param>
    public static IReadOnlyList<IReadOnlyList<int>> BestFitDecreasing(IReadOnlyList<int> lengths, int capacity)
    {
        Check(lengths, capacity);
        var packs = new List<List<int>>();
        // Open sequences by room left; of those with the same room the one begun first.
        var open = new SortedSet<(int Room, int Pack)>();
        foreach (var sample in Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i]))
        {
            var view = open.GetViewBetween((lengths[sample], 0), (capacity, int.MaxValue));
            var (room, pack) = view.Min.Room > 0 ? view.Min : (capacity, packs.Count); // one without room is not kept
            if (pack == packs.Count) { packs.Add([]); }
            else { open.Remove((room, pack)); }
            packs[pack].Add(sample);
            if (room > lengths[sample]) { open.Add((room - lengths[sample], pack)); }
        }
        return packs;
    }

    /// <summary>In order: the sample that does not fit begins the next sequence (DAT-5.3).</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Sequential(IReadOnlyList<int> lengths, int capacity)
    {
        Check(lengths, capacity);
        var packs = new List<List<int>>();
        var room = 0;
        for (var i = 0; i < lengths.Count; i++)
        {
            if (packs.Count == 0 || lengths[i] > room)
            {
                packs.Add([]);
                room = capacity;
            }
            packs[^1].Add(i);
            room -= lengths[i];
        }
        return packs;
    }

    /// <summary>
    /// MindSpeed's and LLaMA-Factory's greedy knapsack: each sequence takes the longest sample that fits, again and again; of one length the
    /// last comes first (DAT-5.4). The order is needed for equal bytes.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<int>> GreedyKnapsack(IReadOnlyList<int> lengths, int capacity)
    {
        Check(lengths, capacity);
        // A stack of samples for each length that is left; the tree of lengths finds the longest that fits.
        var stacks = new Dictionary<int, Stack<int>>();
        for (var i = 0; i < lengths.Count; i++)
        {
            if (!stacks.TryGetValue(lengths[i], out var stack)) { stacks.Add(lengths[i], stack = new Stack<int>()); }
            stack.Push(i);
        }
        var left = new SortedSet<int>(stacks.Keys);
        var packs = new List<List<int>>();
        while (left.Count > 0)
        {
            var pack = new List<int>();
            var room = capacity;
            while (left.Count > 0 && left.Min <= room)
            {
                var length = left.Max <= room ? left.Max : left.GetViewBetween(0, room).Max;
                var stack = stacks[length];
                pack.Add(stack.Pop());
                if (stack.Count == 0) { left.Remove(length); }
                room -= length;
            }
            packs.Add(pack);
        }
        return packs;
    }

    static void Check(IReadOnlyList<int> lengths, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        for (var i = 0; i < lengths.Count; i++)
        {
            if (lengths[i] < 0 || lengths[i] > capacity) { throw new ArgumentOutOfRangeException(nameof(lengths), $"sample {i} has {lengths[i]} tokens; a sequence has {capacity}"); }
        }
    }
}
