using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>Sums of rows, each with its weight; and their gradients.</summary>
static unsafe class WeightedRows
{
    /// <summary>out[t] = Σ_j weight[t, j] · row[slot[t, j]].</summary>
    internal static void Forward<T>(nint rows, nint weights, int[] slots, nint output, int width, int each) where T : unmanaged, IElement<T> =>
        KernelRows.Run(slots.Length / each, (long)width * each, (from, end, _) =>
        {
            var (sum, buffer) = (new float[width], new float[width]);
            for (var row = from; row < end; row++)
            {
                Array.Clear(sum);
                for (var j = 0; j < each; j++)
                {
                    var at = (row * each) + j;
                    AddScaled(sum, KernelRows.Read((T*)rows + ((long)slots[at] * width), width, buffer), ((float*)weights)[at]);
                }
                T.Narrow(sum, new Span<T>((T*)output + (row * width), width));
            }
        });

    /// <summary>Gradients of rows and weights; every row is in exactly one sum.</summary>
    internal static void Backward<T>(nint rows, nint weights, int[] slots, nint gradient, nint rowGradient, nint weightGradient, int width, int each) where T : unmanaged, IElement<T> =>
        KernelRows.Run(slots.Length / each, 2L * width * each, (from, end, _) =>
        {
            var (one, two, three) = (new float[width], new float[width], new float[width]);
            for (var row = from; row < end; row++)
            {
                var given = KernelRows.Read((T*)gradient + (row * width), width, one);
                for (var j = 0; j < each; j++)
                {
                    var at = (row * each) + j;
                    var target = (T*)rowGradient + ((long)slots[at] * width);
                    ((float*)weightGradient)[at] = Dot(given, KernelRows.Read((T*)rows + ((long)slots[at] * width), width, two));
                    Array.Clear(three);
                    AddScaled(three, given, ((float*)weights)[at]);
                    T.Narrow(three, new Span<T>(target, width));
                }
            }
        });

    internal static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float scale)
    {
        ref var to = ref MemoryMarshal.GetReference(target);
        ref var from = ref MemoryMarshal.GetReference(source);
        var factor = Vector256.Create(scale);
        var i = 0;
        for (; i <= source.Length - 8; i += 8)
        {
            Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref from, (nuint)i), factor, Vector256.LoadUnsafe(ref to, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < source.Length; i++) { target[i] += source[i] * scale; }
    }

    static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        ref var a = ref MemoryMarshal.GetReference(left);
        ref var b = ref MemoryMarshal.GetReference(right);
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i <= left.Length - 8; i += 8) { sums = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, (nuint)i), Vector256.LoadUnsafe(ref b, (nuint)i), sums); }
        var sum = Vector256.Sum(sums);
        for (; i < left.Length; i++) { sum += left[i] * right[i]; }
        return sum;
    }
}
