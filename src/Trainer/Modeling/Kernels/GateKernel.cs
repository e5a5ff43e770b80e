using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ckpt.Inference.Kernels;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>Gated activations of rows [gate, up], and their gradients; formulas as in the forward pass of Inference.</summary>
static unsafe class GateKernel
{
    const float ClampLimit = 7f;
    const float ClampAlpha = 1.702f;
    const float RootOfTwoByPi = 0.7978845608028654f;
    const float Cubic = 0.044715f;
    const double RootOfHalf = 0.70710678118654752;
    const double RootOfHalfByPi = 0.39894228040143268; // 1 / √(2π)

    internal static void Forward<T>(Activation activation, nint input, nint output, long rows, int width) where T : unmanaged, IElement<T> =>
        KernelRows.Run(rows, 4 * width, (from, end, _) =>
        {
            var (one, two) = (new float[2 * width], new float[width]);
            for (var row = from; row < end; row++)
            {
                var both = KernelRows.Read((T*)input + (row * 2 * width), 2 * width, one);
                var target = (T*)output + (row * width);
                var values = KernelRows.Target(target, width, two);
                Row(activation, both[..width], both[width..], values);
                KernelRows.Write(values, target);
            }
        });

    internal static void Backward<T>(Activation activation, nint input, nint gradient, nint inputGradient, long rows, int width) where T : unmanaged, IElement<T> =>
        KernelRows.Run(rows, 6 * width, (from, end, _) =>
        {
            var (one, two, three) = (new float[2 * width], new float[width], new float[2 * width]);
            for (var row = from; row < end; row++)
            {
                var both = KernelRows.Read((T*)input + (row * 2 * width), 2 * width, one);
                var target = (T*)inputGradient + (row * 2 * width);
                var values = KernelRows.Target(target, 2 * width, three);
                RowGradient(activation, both[..width], both[width..], KernelRows.Read((T*)gradient + (row * width), width, two), values[..width], values[width..]);
                KernelRows.Write(values, target);
            }
        });

    static void Row(Activation activation, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> target)
    {
        var i = 0;
        if (activation == Activation.Silu)
        {
            ref var g = ref MemoryMarshal.GetReference(gate);
            ref var u = ref MemoryMarshal.GetReference(up);
            ref var t = ref MemoryMarshal.GetReference(target);
            for (; i <= gate.Length - 8; i += 8)
            {
                var x = Vector256.LoadUnsafe(ref g, (nuint)i);
                (x * Sigmoid(x) * Vector256.LoadUnsafe(ref u, (nuint)i)).StoreUnsafe(ref t, (nuint)i);
            }
        }
        for (; i < gate.Length; i++)
        {
            var (value, _) = Value(activation, gate[i]);
            target[i] = value * Other(activation, up[i]).Value;
        }
    }

    static void RowGradient(Activation activation, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> gradient, Span<float> gateGradient, Span<float> upGradient)
    {
        var i = 0;
        if (activation == Activation.Silu)
        {
            ref var g = ref MemoryMarshal.GetReference(gate);
            ref var u = ref MemoryMarshal.GetReference(up);
            ref var d = ref MemoryMarshal.GetReference(gradient);
            ref var dg = ref MemoryMarshal.GetReference(gateGradient);
            ref var du = ref MemoryMarshal.GetReference(upGradient);
            for (; i <= gate.Length - 8; i += 8)
            {
                var (x, given) = (Vector256.LoadUnsafe(ref g, (nuint)i), Vector256.LoadUnsafe(ref d, (nuint)i));
                var sigmoid = Sigmoid(x);
                (given * x * sigmoid).StoreUnsafe(ref du, (nuint)i);
                (given * Vector256.LoadUnsafe(ref u, (nuint)i) * sigmoid * (Vector256<float>.One + (x * (Vector256<float>.One - sigmoid)))).StoreUnsafe(ref dg, (nuint)i);
            }
        }
        for (; i < gate.Length; i++)
        {
            var (value, slope) = Value(activation, gate[i]);
            var (other, otherSlope) = Other(activation, up[i]);
            gateGradient[i] = gradient[i] * other * slope;
            upGradient[i] = gradient[i] * value * otherSlope;
        }
    }

    static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-x));

    static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    // What is made of the gate, and its slope.
    static (float Value, float Slope) Value(Activation activation, float x)
    {
        switch (activation)
        {
            case Activation.Silu:
                var sigmoid = Sigmoid(x);
                return (x * sigmoid, sigmoid * (1 + (x * (1 - sigmoid))));
            case Activation.GeluTanh:
                var tanh = MathF.Tanh(RootOfTwoByPi * (x + (Cubic * x * x * x)));
                return (0.5f * x * (1 + tanh), (0.5f * (1 + tanh)) + (0.5f * x * (1 - (tanh * tanh)) * RootOfTwoByPi * (1 + (3 * Cubic * x * x))));
            case Activation.Gelu:
                var below = 0.5 * (1 + ErrorFunction.Of(x * RootOfHalf));
                return ((float)(x * below), (float)(below + (x * Math.Exp(-0.5 * x * x) * RootOfHalfByPi)));
            default:
                var held = MathF.Min(x, ClampLimit);
                var part = Sigmoid(held * ClampAlpha);
                return (held * part, x > ClampLimit ? 0 : part * (1 + (ClampAlpha * held * (1 - part))));
        }
    }

    // What the other half is multiplied as, and its slope.
    static (float Value, float Slope) Other(Activation activation, float x) => activation == Activation.ClampedSwiGlu
        ? (Math.Clamp(x, -ClampLimit, ClampLimit) + 1, x is < -ClampLimit or > ClampLimit ? 0 : 1)
        : (x, 1);
}
