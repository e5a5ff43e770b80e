using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Models.Adapters;

/// <summary>
/// Rows of scaling · L·R in float32. ADP-5.1: each element is a sum of products by ascending rank, each product and each sum rounded, then one
/// multiplication, whatever the tile it is computed in: so how a weight is cut, and on which machine and how many threads it is computed, cannot be
/// seen in the result. (Fused multiply-adds would be half a bit better, and differ from what PEFT gives on a CPU without them.)
/// </summary>
static class LowRankKernel
{
    const int Rows = 4;

    /// <summary>Fills rows of <paramref name="target"/>.</summary>
    /// <param name="left">L: one row of <paramref name="rank"/> elements per target row, <paramref name="leftStep"/> elements apart.</param>
    /// <param name="leftStep">Elements from one row of L that is used to the next.</param>
    /// <param name="rank">Columns of L, rows of R.</param>
    /// <param name="right">R, from the first column used on.</param>
    /// <param name="rightStride">Elements from one row of R to the next.</param>
    /// <param name="scaling">What the product is multiplied by.</param>
    /// <param name="target">The rows.</param>
    /// <param name="targetStride">Elements from one target row to the next.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="columns">How many columns.</param>
    internal static void Multiply(
        ReadOnlySpan<float> left, int leftStep, int rank, ReadOnlySpan<float> right, int rightStride, float scaling,
        Span<float> target, int targetStride, int rows, int columns)
    {
        var row = 0;
        for (; row <= rows - Rows; row += Rows) { FourRows(left[(row * leftStep)..], leftStep, rank, right, rightStride, scaling, target[(row * targetStride)..], targetStride, columns); }
        for (; row < rows; row++) { OneRow(left[(row * leftStep)..], rank, right, rightStride, scaling, target.Slice(row * targetStride, columns)); }
    }

    static void FourRows(
        ReadOnlySpan<float> left, int leftStep, int rank, ReadOnlySpan<float> right, int rightStride, float scaling, Span<float> target, int targetStride, int columns)
    {
        // The spans hold all that is touched; the references below only spare the loop its checks.
        _ = left[(3 * leftStep) + rank - 1];
        _ = right[((rank - 1) * rightStride) + columns - 1];
        _ = target[(3 * targetStride) + columns - 1];
        ref var l = ref MemoryMarshal.GetReference(left);
        ref var r = ref MemoryMarshal.GetReference(right);
        var scale = Vector256.Create(scaling);
        var column = 0;
        for (; column <= columns - (2 * Vector256<float>.Count); column += 2 * Vector256<float>.Count)
        {
            Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
            for (var j = 0; j < rank; j++)
            {
                var first = Vector256.LoadUnsafe(ref r, (nuint)((j * rightStride) + column));
                var second = Vector256.LoadUnsafe(ref r, (nuint)((j * rightStride) + column + Vector256<float>.Count));
                var x = Vector256.Create(Unsafe.Add(ref l, j));
                (a0, b0) = (a0 + (x * first), b0 + (x * second));
                x = Vector256.Create(Unsafe.Add(ref l, leftStep + j));
                (a1, b1) = (a1 + (x * first), b1 + (x * second));
                x = Vector256.Create(Unsafe.Add(ref l, (2 * leftStep) + j));
                (a2, b2) = (a2 + (x * first), b2 + (x * second));
                x = Vector256.Create(Unsafe.Add(ref l, (3 * leftStep) + j));
                (a3, b3) = (a3 + (x * first), b3 + (x * second));
            }
            Store(target, column, a0 * scale, b0 * scale);
            Store(target, targetStride + column, a1 * scale, b1 * scale);
            Store(target, (2 * targetStride) + column, a2 * scale, b2 * scale);
            Store(target, (3 * targetStride) + column, a3 * scale, b3 * scale);
        }
        for (var row = 0; row < Rows && column < columns; row++)
        {
            Tail(left.Slice(row * leftStep, rank), right, rightStride, scaling, target.Slice(row * targetStride, columns), column);
        }
    }

    static void OneRow(ReadOnlySpan<float> left, int rank, ReadOnlySpan<float> right, int rightStride, float scaling, Span<float> target)
    {
        _ = right[((rank - 1) * rightStride) + target.Length - 1];
        ref var r = ref MemoryMarshal.GetReference(right);
        var scale = Vector256.Create(scaling);
        var column = 0;
        for (; column <= target.Length - (2 * Vector256<float>.Count); column += 2 * Vector256<float>.Count)
        {
            Vector256<float> a = default, b = default;
            for (var j = 0; j < rank; j++)
            {
                var x = Vector256.Create(left[j]);
                a = a + (x * Vector256.LoadUnsafe(ref r, (nuint)((j * rightStride) + column)));
                b = b + (x * Vector256.LoadUnsafe(ref r, (nuint)((j * rightStride) + column + Vector256<float>.Count)));
            }
            Store(target, column, a * scale, b * scale);
        }
        Tail(left[..rank], right, rightStride, scaling, target, column);
    }

    static void Tail(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int rightStride, float scaling, Span<float> target, int column)
    {
        for (; column < target.Length; column++)
        {
            var sum = 0f;
            for (var j = 0; j < left.Length; j++) { sum += left[j] * right[(j * rightStride) + column]; }
            target[column] = sum * scaling;
        }
    }

    static void Store(Span<float> target, int at, Vector256<float> first, Vector256<float> second)
    {
        first.CopyTo(target[at..]);
        second.CopyTo(target[(at + Vector256<float>.Count)..]);
    }
}
