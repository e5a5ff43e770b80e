using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>
/// Products of weight rows with input rows: four weight rows at a time against four input rows (16 sums in registers, half a load for each
/// multiplication), or against one.
/// </summary>
static class DotBlocks
{
    // Input rows that stay in a core's second cache while all rows of a tile go over them.
    const int InputBytes = 256 << 10;

    /// <summary>For each input row the products with all weight rows.</summary>
    /// <param name="weights">Rows of <paramref name="width"/>.</param>
    /// <param name="rows">How many weight rows.</param>
    /// <param name="inputs">Rows of <paramref name="width"/>.</param>
    /// <param name="count">How many input rows.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="outputs">For each input row a row of outputs.</param>
    /// <param name="stride">From one output row to the next.</param>
    internal static void Multiply(ReadOnlySpan<float> weights, int rows, ReadOnlySpan<float> inputs, int count, int width, Span<float> outputs, int stride)
    {
        var block = Math.Max(4, InputBytes / sizeof(float) / Math.Max(1, width) / 4 * 4);
        Span<float> sums = stackalloc float[16];
        for (var begin = 0; begin < count; begin += block)
        {
            var end = Math.Min(count, begin + block);
            var row = 0;
            for (; row <= rows - 4; row += 4)
            {
                var four = weights.Slice(row * width, 4 * width);
                var at = begin;
                for (; at <= end - 4; at += 4)
                {
                    Sixteen(four, inputs.Slice(at * width, 4 * width), width, sums);
                    for (var i = 0; i < 4; i++) { sums.Slice(i * 4, 4).CopyTo(outputs.Slice(((at + i) * stride) + row, 4)); }
                }
                for (; at < end; at++) { Four(four, inputs.Slice(at * width, width), width, outputs.Slice((at * stride) + row, 4)); }
            }
            for (; row < rows; row++)
            {
                for (var at = begin; at < end; at++) { outputs[(at * stride) + row] = Lanes.Dot(weights.Slice(row * width, width), inputs.Slice(at * width, width)); }
            }
        }
    }

    static void Sixteen(ReadOnlySpan<float> weights, ReadOnlySpan<float> inputs, int width, Span<float> sums)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            for (var i = 0; i < 4; i++) { Four(weights, inputs.Slice(i * width, width), width, sums.Slice(i * 4, 4)); }
            return;
        }
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var x = ref MemoryMarshal.GetReference(inputs);
        var (a0, a1, a2, a3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var (b0, b1, b2, b3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var (c0, c1, c2, c3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var (d0, d1, d2, d3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        nuint step = (nuint)width;
        nuint i0 = 0;
        for (; (long)i0 <= width - Vector512<float>.Count; i0 += (nuint)Vector512<float>.Count)
        {
            var w0 = Vector512.LoadUnsafe(ref w, i0);
            var w1 = Vector512.LoadUnsafe(ref w, i0 + step);
            var w2 = Vector512.LoadUnsafe(ref w, i0 + (2 * step));
            var w3 = Vector512.LoadUnsafe(ref w, i0 + (3 * step));
            var v = Vector512.LoadUnsafe(ref x, i0);
            a0 = Vector512.FusedMultiplyAdd(w0, v, a0);
            a1 = Vector512.FusedMultiplyAdd(w1, v, a1);
            a2 = Vector512.FusedMultiplyAdd(w2, v, a2);
            a3 = Vector512.FusedMultiplyAdd(w3, v, a3);
            v = Vector512.LoadUnsafe(ref x, i0 + step);
            b0 = Vector512.FusedMultiplyAdd(w0, v, b0);
            b1 = Vector512.FusedMultiplyAdd(w1, v, b1);
            b2 = Vector512.FusedMultiplyAdd(w2, v, b2);
            b3 = Vector512.FusedMultiplyAdd(w3, v, b3);
            v = Vector512.LoadUnsafe(ref x, i0 + (2 * step));
            c0 = Vector512.FusedMultiplyAdd(w0, v, c0);
            c1 = Vector512.FusedMultiplyAdd(w1, v, c1);
            c2 = Vector512.FusedMultiplyAdd(w2, v, c2);
            c3 = Vector512.FusedMultiplyAdd(w3, v, c3);
            v = Vector512.LoadUnsafe(ref x, i0 + (3 * step));
            d0 = Vector512.FusedMultiplyAdd(w0, v, d0);
            d1 = Vector512.FusedMultiplyAdd(w1, v, d1);
            d2 = Vector512.FusedMultiplyAdd(w2, v, d2);
            d3 = Vector512.FusedMultiplyAdd(w3, v, d3);
        }
        sums[0] = Vector512.Sum(a0); sums[1] = Vector512.Sum(a1); sums[2] = Vector512.Sum(a2); sums[3] = Vector512.Sum(a3);
        sums[4] = Vector512.Sum(b0); sums[5] = Vector512.Sum(b1); sums[6] = Vector512.Sum(b2); sums[7] = Vector512.Sum(b3);
        sums[8] = Vector512.Sum(c0); sums[9] = Vector512.Sum(c1); sums[10] = Vector512.Sum(c2); sums[11] = Vector512.Sum(c3);
        sums[12] = Vector512.Sum(d0); sums[13] = Vector512.Sum(d1); sums[14] = Vector512.Sum(d2); sums[15] = Vector512.Sum(d3);
        for (var i = (int)i0; i < width; i++)
        {
            for (var input = 0; input < 4; input++)
            {
                var value = Unsafe.Add(ref x, (input * width) + i);
                for (var row = 0; row < 4; row++) { sums[(input * 4) + row] += Unsafe.Add(ref w, (row * width) + i) * value; }
            }
        }
    }

    static void Four(ReadOnlySpan<float> weights, ReadOnlySpan<float> input, int width, Span<float> sums)
    {
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var x = ref MemoryMarshal.GetReference(input);
        var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        nuint step = (nuint)width;
        nuint i0 = 0;
        for (; (long)i0 <= width - Vector256<float>.Count; i0 += (nuint)Vector256<float>.Count)
        {
            var v = Vector256.LoadUnsafe(ref x, i0);
            a = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref w, i0), v, a);
            b = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref w, i0 + step), v, b);
            c = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref w, i0 + (2 * step)), v, c);
            d = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref w, i0 + (3 * step)), v, d);
        }
        (sums[0], sums[1], sums[2], sums[3]) = (Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        for (var i = (int)i0; i < width; i++)
        {
            for (var row = 0; row < 4; row++) { sums[row] += Unsafe.Add(ref w, (row * width) + i) * Unsafe.Add(ref x, i); }
        }
    }
}
