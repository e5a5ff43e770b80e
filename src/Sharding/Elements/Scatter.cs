using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ckpt.Sharding.Elements;

/// <summary>Spreads packed elements over places that are a stride apart: the inner loop of a transposition.</summary>
static class Scatter
{
    /// <summary>Element i of <paramref name="source"/> goes to element place i · <paramref name="step"/> of <paramref name="target"/>.</summary>
    /// <param name="source">Packed elements.</param>
    /// <param name="size">Bytes of one.</param>
    /// <param name="target">Holds every place.</param>
    /// <param name="step">In elements, at least 1.</param>
    internal static void Strided(ReadOnlySpan<byte> source, int size, Span<byte> target, int step)
    {
        switch (size)
        {
            case 1: Spread(source, target, step); break;
            case 2: Spread(MemoryMarshal.Cast<byte, ushort>(source), target, step * 2); break;
            case 4: Spread(MemoryMarshal.Cast<byte, uint>(source), target, step * 4); break;
            case 8: Spread(MemoryMarshal.Cast<byte, ulong>(source), target, step * 8); break;
            default: Spread(MemoryMarshal.Cast<byte, UInt128>(source), target, step * 16); break;
        }
    }

    static void Spread<T>(ReadOnlySpan<T> source, Span<byte> target, int stepBytes)
        where T : unmanaged
    {
        if (source.IsEmpty) { return; }
        // One check for all writes; blocks are not aligned, so writes are not either.
        ref var at = ref MemoryMarshal.GetReference(target[..(((source.Length - 1) * stepBytes) + Unsafe.SizeOf<T>())]);
        foreach (var element in source)
        {
            Unsafe.WriteUnaligned(ref at, element);
            at = ref Unsafe.Add(ref at, stepBytes);
        }
    }
}
