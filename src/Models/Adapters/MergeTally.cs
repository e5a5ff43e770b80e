using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Models.Adapters;

/// <summary>Counts what a merge does to one weight, row by row; each row once, in any order, from any thread.</summary>
sealed class MergeTally(string name, DType dtype)
{
    /// <summary>Columns summed in float32 before they are added up in double precision.</summary>
    const int Run = 512;

    readonly Lock _lock = new();
    readonly ExactSum _change = new();
    readonly ExactSum _base = new();
    readonly ExactSum _lost = new();
    long _elements;
    long _unchanged;
    long _restored;
    long _steps;

    /// <summary>Adds a run of columns of one row.</summary>
    /// <param name="before">The base.</param>
    /// <param name="exact">The merged values before rounding.</param>
    /// <param name="after">The merged values rounded.</param>
    /// <param name="scratch">As long as a row; overwritten.</param>
    internal void Add(ReadOnlySpan<float> before, ReadOnlySpan<float> exact, ReadOnlySpan<float> after, Span<float> scratch)
    {
        var (change, weight, lost, unchanged) = (0.0, 0.0, 0.0, 0L);
        for (var at = 0; at < before.Length; at += Run)
        {
            var count = Math.Min(Run, before.Length - at);
            Sum(before.Slice(at, count), exact.Slice(at, count), after.Slice(at, count), scratch.Slice(at, count), ref change, ref weight, ref lost, ref unchanged);
        }
        // What is left in scratch is after - (exact - before): rounded, it should be the base again.
        FloatElements.Round(dtype, scratch[..before.Length]);
        var restored = CountSame(scratch[..before.Length], before);
        var steps = Steps(before, after);
        lock (_lock)
        {
            _change.Add(change);
            _base.Add(weight);
            _lost.Add(lost);
            _elements += before.Length;
            _unchanged += unchanged;
            _restored += restored;
            _steps = Math.Max(_steps, steps);
        }
    }

    internal MergeReceipt Receipt()
    {
        lock (_lock) { return new MergeReceipt(name, _elements, Math.Sqrt(_change.Value), Math.Sqrt(_base.Value), Math.Sqrt(_lost.Value), _steps, _unchanged, _restored); }
    }

    static void Sum(
        ReadOnlySpan<float> before, ReadOnlySpan<float> exact, ReadOnlySpan<float> after, Span<float> back, ref double change, ref double weight, ref double lost, ref long unchanged)
    {
        Vector256<float> c = default, w = default, l = default;
        var same = Vector256<int>.Zero;
        var i = 0;
        for (; i <= before.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (b, x, m) = (Vector256.Create(before[i..]), Vector256.Create(exact[i..]), Vector256.Create(after[i..]));
            var (d, e) = (x - b, m - x);
            c += d * d;
            w += b * b;
            l += e * e;
            same -= Vector256.Equals(m.AsInt32(), b.AsInt32());
            (m - d).CopyTo(back[i..]);
        }
        var (tailChange, tailWeight, tailLost, tailSame) = (0f, 0f, 0f, 0);
        for (; i < before.Length; i++)
        {
            var (d, e) = (exact[i] - before[i], after[i] - exact[i]);
            tailChange += d * d;
            tailWeight += before[i] * before[i];
            tailLost += e * e;
            tailSame += BitConverter.SingleToInt32Bits(after[i]) == BitConverter.SingleToInt32Bits(before[i]) ? 1 : 0;
            back[i] = after[i] - d;
        }
        change += Total(c) + tailChange;
        weight += Total(w) + tailWeight;
        lost += Total(l) + tailLost;
        unchanged += Vector256.Sum(same) + tailSame;
    }

    // Lane by lane, so that the order is the same on every machine.
    static double Total(Vector256<float> lanes)
    {
        var sum = 0.0;
        for (var lane = 0; lane < Vector256<float>.Count; lane++) { sum += lanes[lane]; }
        return sum;
    }

    static long CountSame(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var left = MemoryMarshal.Cast<float, int>(a);
        var right = MemoryMarshal.Cast<float, int>(b);
        var same = Vector256<int>.Zero;
        var i = 0;
        for (; i <= left.Length - Vector256<int>.Count; i += Vector256<int>.Count) { same -= Vector256.Equals(Vector256.Create(left[i..]), Vector256.Create(right[i..])); }
        long count = Vector256.Sum(same);
        for (; i < left.Length; i++) { count += left[i] == right[i] ? 1 : 0; }
        return count;
    }

    /// <summary>The largest distance in steps of the type; numbers that are none count as zero.</summary>
    long Steps(ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        var most = 0L;
        var i = 0;
        if (dtype != DType.F16)
        {
            var shift = dtype == DType.BF16 ? 16 : 0;
            var left = MemoryMarshal.Cast<float, int>(before);
            var right = MemoryMarshal.Cast<float, int>(after);
            var lanes = Vector256<uint>.Zero;
            for (; i <= left.Length - Vector256<int>.Count; i += Vector256<int>.Count)
            {
                var (a, b) = (Order(Vector256.Create(left[i..]), shift), Order(Vector256.Create(right[i..]), shift));
                lanes = Vector256.Max(lanes, (Vector256.Max(a, b) - Vector256.Min(a, b)).AsUInt32());
            }
            for (var lane = 0; lane < Vector256<uint>.Count; lane++) { most = Math.Max(most, lanes[lane]); }
        }
        for (; i < before.Length; i++) { most = Math.Max(most, FloatElements.StepsBetween(dtype, before[i], after[i])); }
        return most;
    }

    // Sign and magnitude as one number: neighbours are one apart.
    static Vector256<int> Order(Vector256<int> bits, int shift)
    {
        var magnitude = (bits & Vector256.Create(int.MaxValue)) >> shift;
        var sign = bits >> 31;
        return (magnitude ^ sign) - sign;
    }
}
