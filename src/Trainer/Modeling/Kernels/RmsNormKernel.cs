using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>Root-mean-square norm of rows, and its gradients: y = x · r · (w + shift) with r = 1 / √(mean x² + ε), all in float32.</summary>
static unsafe class RmsNormKernel
{
    internal static void Forward<T>(nint input, nint weight, nint output, long rows, int width, float epsilon, float shift) where T : unmanaged, IElement<T>
    {
        var factors = Factors<T>(weight, width, shift);
        KernelRows.Run(rows, width, (from, end, _) =>
        {
            var (one, two) = (new float[width], new float[width]);
            for (var row = from; row < end; row++)
            {
                var target = (T*)output + (row * width);
                var values = KernelRows.Target(target, width, two);
                Row(KernelRows.Read((T*)input + (row * width), width, one), factors, values, epsilon);
                KernelRows.Write(values, target);
            }
        });
    }

    /// <summary>Gradients of the input, and, where asked for, of the weight.</summary>
    internal static void Backward<T>(nint input, nint weight, nint gradient, nint inputGradient, nint weightGradient, long rows, int width, float epsilon, float shift)
        where T : unmanaged, IElement<T>
    {
        var factors = Factors<T>(weight, width, shift);
        var sums = weightGradient == 0 ? null : new float[KernelRows.Blocks(rows, width)][];
        KernelRows.Run(rows, width, (from, end, block) =>
        {
            var (one, two, three) = (new float[width], new float[width], new float[width]);
            var sum = sums is null ? null : sums[block] = new float[width];
            for (var row = from; row < end; row++)
            {
                var target = (T*)inputGradient + (row * width);
                var values = KernelRows.Target(target, width, three);
                RowGradient(KernelRows.Read((T*)input + (row * width), width, one), factors, KernelRows.Read((T*)gradient + (row * width), width, two), values, sum, epsilon);
                KernelRows.Write(values, target);
            }
        });
        if (sums is not null) { Store<T>(sums, weightGradient, width); }
    }

    /// <summary>One row.</summary>
    internal static void Row(ReadOnlySpan<float> x, ReadOnlySpan<float> factors, Span<float> y, float epsilon)
    {
        var scale = Scale(x, epsilon);
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var weight = ref MemoryMarshal.GetReference(factors);
        ref var target = ref MemoryMarshal.GetReference(y);
        var wide = Vector256.Create(scale);
        var i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            (Vector256.LoadUnsafe(ref source, (nuint)i) * wide * Vector256.LoadUnsafe(ref weight, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < x.Length; i++) { y[i] = x[i] * scale * factors[i]; }
    }

    /// <summary>One row: dx = r (g − x̂ · mean(g · x̂)) with g = dy · w and x̂ = x · r; dw += dy · x̂. The target may be the gradient itself.</summary>
    internal static void RowGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> factors, ReadOnlySpan<float> dy, Span<float> dx, float[]? sum, float epsilon)
    {
        var scale = Scale(x, epsilon);
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var weight = ref MemoryMarshal.GetReference(factors);
        ref var gradient = ref MemoryMarshal.GetReference(dy);
        ref var target = ref MemoryMarshal.GetReference(dx);
        var dots = Vector256<float>.Zero;
        var i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            dots = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref gradient, (nuint)i) * Vector256.LoadUnsafe(ref weight, (nuint)i), Vector256.LoadUnsafe(ref source, (nuint)i), dots);
        }
        var dot = Vector256.Sum(dots);
        for (; i < x.Length; i++) { dot += dy[i] * factors[i] * x[i]; }
        // mean(g · x̂) · r, by which x̂ = x · r is taken off
        var part = dot * scale * scale * scale / x.Length;
        var (wide, parts) = (Vector256.Create(scale), Vector256.Create(part));
        for (i = 0; i <= x.Length - 8; i += 8)
        {
            var (value, given) = (Vector256.LoadUnsafe(ref source, (nuint)i), Vector256.LoadUnsafe(ref gradient, (nuint)i));
            if (sum is not null)
            {
                ref var total = ref MemoryMarshal.GetArrayDataReference(sum);
                Vector256.FusedMultiplyAdd(given, value * wide, Vector256.LoadUnsafe(ref total, (nuint)i)).StoreUnsafe(ref total, (nuint)i);
            }
            ((given * Vector256.LoadUnsafe(ref weight, (nuint)i) * wide) - (value * parts)).StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < x.Length; i++)
        {
            if (sum is not null) { sum[i] += dy[i] * x[i] * scale; }
            dx[i] = (dy[i] * factors[i] * scale) - (x[i] * part);
        }
    }

    /// <summary>The weights as float32, with what is added to them.</summary>
    internal static float[] Factors<T>(nint weight, int width, float shift) where T : unmanaged, IElement<T>
    {
        var factors = new float[width];
        T.Widen(new ReadOnlySpan<T>((T*)weight, width), factors);
        if (shift != 0)
        {
            for (var i = 0; i < width; i++) { factors[i] += shift; }
        }
        return factors;
    }

    /// <summary>Adds what the blocks summed, and writes it.</summary>
    internal static void Store<T>(float[]?[] sums, nint target, int width) where T : unmanaged, IElement<T>
    {
        var total = new float[width];
        foreach (var sum in sums)
        {
            for (var i = 0; sum is not null && i < width; i++) { total[i] += sum[i]; }
        }
        T.Narrow(total, new Span<T>((T*)target, width));
    }

    static float Scale(ReadOnlySpan<float> x, float epsilon)
    {
        ref var source = ref MemoryMarshal.GetReference(x);
        var (one, two) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var i = 0;
        for (; i <= x.Length - 16; i += 16)
        {
            var (a, b) = (Vector256.LoadUnsafe(ref source, (nuint)i), Vector256.LoadUnsafe(ref source, (nuint)i + 8));
            one = Vector256.FusedMultiplyAdd(a, a, one);
            two = Vector256.FusedMultiplyAdd(b, b, two);
        }
        var squares = Vector256.Sum(one + two);
        for (; i < x.Length; i++) { squares += x[i] * x[i]; }
        return 1 / MathF.Sqrt((squares / x.Length) + epsilon);
    }
}
