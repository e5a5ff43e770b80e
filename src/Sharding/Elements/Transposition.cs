using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ckpt.Sharding.Elements;

/// <summary>
/// Writes the rows of a small matrix as columns. A column's elements are put together before they are written, so that each cache line of
/// the target is touched once, and not once a row (measured in bench/results/reshard.md).
/// </summary>
static class Transposition
{
    /// <summary>Element [r, c] of <paramref name="source"/> goes to byte c · <paramref name="step"/> + r · <paramref name="size"/> of <paramref name="target"/>.</summary>
    /// <param name="source">Rows, each <paramref name="pitch"/> bytes behind the one before.</param>
    /// <param name="pitch">A multiple of <paramref name="size"/>.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="columns">Elements of each.</param>
    /// <param name="target">Holds every place.</param>
    /// <param name="step">Bytes between columns, at least those of one.</param>
    internal static void Columns(ReadOnlySpan<byte> source, int pitch, int size, int rows, int columns, Span<byte> target, int step)
    {
        if (rows == 0 || columns == 0) { return; }
        // One check of each side for all elements.
        _ = source[((rows - 1) * pitch) + (columns * size) - 1];
        _ = target[((columns - 1) * step) + (rows * size) - 1];
        switch (size)
        {
            case 1: Move<byte>(source, pitch, 0, rows, columns, target, step); break;
            case 2: MovePairs(source, pitch, rows, columns, target, step); break;
            case 4: Move<uint>(source, pitch, 0, rows, columns, target, step); break;
            case 8: Move<ulong>(source, pitch, 0, rows, columns, target, step); break;
            default: Move<UInt128>(source, pitch, 0, rows, columns, target, step); break;
        }
    }

    /// <summary>The plain way, from a row on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Move<T>(ReadOnlySpan<byte> source, int pitch, int first, int rows, int columns, Span<byte> target, int step)
        where T : unmanaged
    {
        for (var c = 0; c < columns; c++)
        {
            ref var from = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), (first * pitch) + (c * Unsafe.SizeOf<T>()));
            ref var to = ref Unsafe.Add(ref MemoryMarshal.GetReference(target), (c * step) + (first * Unsafe.SizeOf<T>()));
            for (var r = first; r < rows; r++)
            {
                Unsafe.WriteUnaligned(ref to, Unsafe.ReadUnaligned<T>(ref from));
                from = ref Unsafe.Add(ref from, pitch);
                to = ref Unsafe.Add(ref to, Unsafe.SizeOf<T>());
            }
        }
    }

    /// <summary>Elements of 2 bytes, what weights are made of: squares of four by four, in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // called seldom and long: tiers would come too late
    static void MovePairs(ReadOnlySpan<byte> source, int pitch, int rows, int columns, Span<byte> target, int step)
    {
        const ulong Even = 0x0000_FFFF_0000_FFFF, Low = 0x0000_0000_FFFF_FFFF;
        var (high, wide) = (rows & ~3, columns & ~3);
        for (var c = 0; c < wide; c += 4)
        {
            ref var from = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), c * 2);
            ref var to = ref Unsafe.Add(ref MemoryMarshal.GetReference(target), c * step);
            for (var r = 0; r < high; r += 4)
            {
                var row0 = Unsafe.ReadUnaligned<ulong>(ref from);
                var row1 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, pitch));
                var row2 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, 2 * pitch));
                var row3 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, 3 * pitch));
                // Elements 0 and 2, then 1 and 3, of two rows next to each other.
                var even01 = (row0 & Even) | ((row1 & Even) << 16);
                var odd01 = ((row0 >> 16) & Even) | (row1 & ~Even);
                var even23 = (row2 & Even) | ((row3 & Even) << 16);
                var odd23 = ((row2 >> 16) & Even) | (row3 & ~Even);
                Unsafe.WriteUnaligned(ref to, (even01 & Low) | (even23 << 32));
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, step), (odd01 & Low) | (odd23 << 32));
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 2 * step), (even01 >> 32) | (even23 & ~Low));
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 3 * step), (odd01 >> 32) | (odd23 & ~Low));
                from = ref Unsafe.Add(ref from, 4 * pitch);
                to = ref Unsafe.Add(ref to, 8);
            }
        }
        // What squares leave: the last rows of their columns, and the last columns.
        Move<ushort>(source, pitch, high, rows, wide, target, step);
        if (wide < columns) { Move<ushort>(source[(wide * 2)..], pitch, 0, rows, columns - wide, target[(wide * step)..], step); }
    }
}
