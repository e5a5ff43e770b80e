using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Inference.Kernels;

/// <summary>Sums of products and scaled sums of float32 spans, with the widest vectors the processor has.</summary>
static class Lanes
{
    /// <summary>The sum of products of two spans of one length.</summary>
    internal static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        ref var a = ref MemoryMarshal.GetReference(left);
        ref var b = ref MemoryMarshal.GetReference(right);
        var count = Math.Min(left.Length, right.Length);
        var i = 0;
        var sum = 0f;
        if (count >= 2 * Vector256<float>.Count)
        {
            var (one, two) = (Vector256<float>.Zero, Vector256<float>.Zero);
            for (; i <= count - (2 * Vector256<float>.Count); i += 2 * Vector256<float>.Count)
            {
                one = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, (nuint)i), Vector256.LoadUnsafe(ref b, (nuint)i), one);
                two = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, (nuint)i + 8), Vector256.LoadUnsafe(ref b, (nuint)i + 8), two);
            }
            sum = Vector256.Sum(one + two);
        }
        for (; i < count; i++) { sum += Unsafe.Add(ref a, i) * Unsafe.Add(ref b, i); }
        return sum;
    }

    /// <summary>Adds a multiple of one span to another of its length.</summary>
    internal static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float scale)
    {
        ref var to = ref MemoryMarshal.GetReference(target);
        ref var from = ref MemoryMarshal.GetReference(source);
        var count = Math.Min(target.Length, source.Length);
        var factor = Vector256.Create(scale);
        var i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref from, (nuint)i), factor, Vector256.LoadUnsafe(ref to, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < count; i++) { Unsafe.Add(ref to, i) += Unsafe.Add(ref from, i) * scale; }
    }

    /// <summary>Multiplies every value.</summary>
    internal static void Scale(Span<float> values, float factor) => TensorPrimitives.Multiply(values, factor, values);
}
