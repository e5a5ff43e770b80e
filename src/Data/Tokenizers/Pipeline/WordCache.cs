using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Data.Tokenizers.Pipeline;

/// <summary>
/// The tokens of short words seen before. Every word has one place; the next that falls on it takes it, so that memory is bounded
/// (2 MiB) and no text can make it slow. Not for use by several threads at once.
/// </summary>
sealed class WordCache
{
    internal const int LongestWord = 16;
    internal const int MostIds = 6;
    const int Places = 1 << 15;

    static readonly Vector256<ushort>[] s_masks = [.. Enumerable.Range(0, LongestWord + 1).Select(Mask)];

    readonly Entry[] _entries = new Entry[Places];

    /// <summary>The key of a word of at most <see cref="LongestWord"/> units.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<ushort> Key(ReadOnlySpan<char> text, int start, int length)
    {
        if (start + LongestWord <= text.Length)
        {
            ref var first = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text));
            return Vector256.LoadUnsafe(ref first, (nuint)start) & s_masks[length];
        }
        return KeyAtEnd(text.Slice(start, length));
    }

    /// <summary>Adds the tokens of a word if it is here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTake(Vector256<ushort> key, int length, List<int> into, out int place)
    {
        place = Place(key, length);
        ref var entry = ref _entries[place];
        if (entry.Length != length || entry.Key != key) { return false; }
        Span<int> ids = entry.Ids;
        if (entry.Count == 1) { into.Add(ids[0]); }
        else { into.AddRange(ids[..entry.Count]); }
        return true;
    }

    /// <summary>Remembers a word.</summary>
    internal void Put(int place, Vector256<ushort> key, int length, ReadOnlySpan<int> ids)
    {
        if (ids.Length > MostIds) { return; }
        ref var entry = ref _entries[place];
        (entry.Key, entry.Length, entry.Count) = (key, (byte)length, (byte)ids.Length);
        ids.CopyTo(entry.Ids);
    }

    static int Place(Vector256<ushort> key, int length)
    {
        var parts = key.AsUInt64();
        var hash = (parts[0] + (ulong)length) * 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 32) ^ parts[1]) * 0xC2B2AE3D27D4EB4F;
        if (length > 8)
        {
            hash = (hash ^ (hash >> 32) ^ parts[2]) * 0x9E3779B97F4A7C15;
            hash = (hash ^ (hash >> 32) ^ parts[3]) * 0xC2B2AE3D27D4EB4F;
        }
        return (int)(hash >> 49);
    }

    static Vector256<ushort> KeyAtEnd(ReadOnlySpan<char> word)
    {
        Span<ushort> units = stackalloc ushort[LongestWord];
        units.Clear();
        MemoryMarshal.Cast<char, ushort>(word).CopyTo(units);
        return Vector256.Create<ushort>(units);
    }

    static Vector256<ushort> Mask(int length)
    {
        Span<ushort> units = stackalloc ushort[LongestWord];
        units.Clear();
        units[..length].Fill(ushort.MaxValue);
        return Vector256.Create<ushort>(units);
    }

    struct Entry
    {
        internal Vector256<ushort> Key;
        internal IdList Ids;
        internal byte Length;
        internal byte Count;
    }

    [InlineArray(MostIds)]
    struct IdList
    {
        int _first;
    }
}
