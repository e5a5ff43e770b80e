using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Which pairs of tokens merge, in which order and into what: a hash table with open addressing.</summary>
sealed class MergeTable
{
    const ulong Free = ulong.MaxValue;

    readonly Slot[] _slots;
    readonly int _shift;

    internal MergeTable(int capacity)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2L * capacity));
        _slots = new Slot[size];
        _slots.AsSpan().Fill(new Slot(Free, 0, 0));
        _shift = 64 - BitOperations.Log2(size);
    }

    /// <summary>Sets what a pair becomes; a pair that stands twice has its last rank.</summary>
    internal void Set(int left, int right, int rank, int made)
    {
        var key = Key(left, right);
        var at = Start(key);
        while (_slots[at].Key != Free && _slots[at].Key != key) { at = (at + 1) & (_slots.Length - 1); }
        _slots[at] = new Slot(key, rank, made);
    }

    /// <summary>The rank of a pair, int.MaxValue where it does not merge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Rank(int left, int right, out int made)
    {
        var key = Key(left, right);
        var slots = _slots;
        for (var at = Start(key); ; at = (at + 1) & (slots.Length - 1))
        {
            ref readonly var slot = ref slots[at];
            if (slot.Key == key)
            {
                made = slot.Made;
                return slot.Rank;
            }
            if (slot.Key == Free)
            {
                made = -1;
                return int.MaxValue;
            }
        }
    }

    static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    int Start(ulong key) => (int)((key ^ (key >> 29)) * 0x9E3779B97F4A7C15 >> _shift);

    readonly record struct Slot(ulong Key, int Rank, int Made);
}
