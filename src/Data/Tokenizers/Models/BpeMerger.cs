using System.Buffers;

namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Merges the symbols of a word: always the pair of lowest rank, the leftmost of equals (TOK-2.3).</summary>
static class BpeMerger
{
    /// <summary>Above this a queue is faster than looking at every pair again (measured on Qwen3's merges).</summary>
    internal const int LongestScanned = 64;

    /// <summary>Merges in place and returns how many symbols are left.</summary>
    internal static int Merge(MergeTable merges, Span<int> ids, Span<int> lengths) =>
        ids.Length <= LongestScanned ? Scan(merges, ids, lengths) : Queue(merges, ids, lengths);

    /// <summary>The plain way: looks at all ranks for each merge.</summary>
    internal static int Scan(MergeTable merges, Span<int> ids, Span<int> lengths)
    {
        var count = ids.Length;
        if (count < 2) { return count; }
        var rented = count > LongestScanned ? new int[2 * count] : null;
        var buffer = rented ?? (stackalloc int[2 * LongestScanned]);
        var ranks = buffer[..count];
        var made = buffer.Slice(count, count);
        for (var i = 0; i + 1 < count; i++) { ranks[i] = merges.Rank(ids[i], ids[i + 1], out made[i]); }
        while (count > 1)
        {
            var (best, rank) = (-1, int.MaxValue);
            for (var i = 0; i < count - 1; i++)
            {
                if (ranks[i] < rank) { (best, rank) = (i, ranks[i]); }
            }
            if (best < 0) { break; }
            ids[best] = made[best];
            lengths[best] += lengths[best + 1];
            var rest = count - best - 2;
            ids.Slice(best + 2, rest).CopyTo(ids[(best + 1)..]);
            lengths.Slice(best + 2, rest).CopyTo(lengths[(best + 1)..]);
            ranks.Slice(best + 2, rest).CopyTo(ranks[(best + 1)..]);
            made.Slice(best + 2, rest).CopyTo(made[(best + 1)..]);
            count--;
            if (best > 0) { ranks[best - 1] = merges.Rank(ids[best - 1], ids[best], out made[best - 1]); }
            if (best + 1 < count) { ranks[best] = merges.Rank(ids[best], ids[best + 1], out made[best]); }
        }
        return count;
    }

    /// <summary>The way for long words: a queue of pairs, with those that are gone left in it until they come up.</summary>
    internal static int Queue(MergeTable merges, Span<int> ids, Span<int> lengths)
    {
        var count = ids.Length;
        var links = ArrayPool<int>.Shared.Rent(2 * count);
        var before = links.AsSpan(0, count);
        var after = links.AsSpan(count, count);
        var queue = new PriorityQueue<int, ulong>(count);
        for (var i = 0; i < count; i++)
        {
            (before[i], after[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
            if (i + 1 < count) { Offer(merges, queue, ids, i, i + 1); }
        }
        while (queue.TryDequeue(out var left, out var order))
        {
            var right = lengths[left] == 0 ? -1 : after[left];
            if (right < 0 || merges.Rank(ids[left], ids[right], out var made) != (int)(order >> 32)) { continue; }
            ids[left] = made;
            lengths[left] += lengths[right];
            lengths[right] = 0;
            after[left] = after[right];
            if (after[left] >= 0)
            {
                before[after[left]] = left;
                Offer(merges, queue, ids, left, after[left]);
            }
            if (before[left] >= 0) { Offer(merges, queue, ids, before[left], left); }
        }
        var kept = 0;
        for (var i = 0; i >= 0 && i < count; i = after[i])
        {
            (ids[kept], lengths[kept]) = (ids[i], lengths[i]);
            kept++;
        }
        ArrayPool<int>.Shared.Return(links);
        return kept;
    }

    static void Offer(MergeTable merges, PriorityQueue<int, ulong> queue, Span<int> ids, int left, int right)
    {
        var rank = merges.Rank(ids[left], ids[right], out _);
        if (rank != int.MaxValue) { queue.Enqueue(left, ((ulong)(uint)rank << 32) | (uint)left); }
    }
}
