using System.Numerics.Tensors;

namespace Ckpt.Inference.Kernels;

/// <summary>Activations of feed-forward layers.</summary>
static class Activations
{
    // A piece that stays in the first cache from one step to the next.
    const int Chunk = 1024;

    const float ClampLimit = 7f;
    const float ClampAlpha = 1.702f;

    /// <summary>Turns the gate into the product of the activated gate and the other half.</summary>
    internal static void Gate(Activation activation, Span<float> gate, ReadOnlySpan<float> up)
    {
        switch (activation)
        {
            case Activation.Silu:
                Silu(gate);
                TensorPrimitives.Multiply(gate, up, gate);
                break;
            case Activation.GeluTanh:
                GeluTanh(gate);
                TensorPrimitives.Multiply(gate, up, gate);
                break;
            case Activation.Gelu:
                for (var i = 0; i < gate.Length; i++) { gate[i] = Gelu(gate[i]) * up[i]; }
                break;
            default:
                for (var i = 0; i < gate.Length; i++)
                {
                    var held = MathF.Min(gate[i], ClampLimit);
                    gate[i] = (Math.Clamp(up[i], -ClampLimit, ClampLimit) + 1) * (held * Sigmoid(held * ClampAlpha));
                }
                break;
        }
    }

    /// <summary>In place.</summary>
    internal static void Silu(Span<float> values)
    {
        Span<float> part = stackalloc float[Chunk];
        for (; values.Length > 0; values = values[Math.Min(Chunk, values.Length)..])
        {
            var some = values[..Math.Min(Chunk, values.Length)];
            TensorPrimitives.Sigmoid<float>(some, part);
            TensorPrimitives.Multiply(some, part[..some.Length], some);
        }
    }

    /// <summary>Multiplies values by the sigmoids of gates.</summary>
    internal static void MultiplyBySigmoid(Span<float> values, ReadOnlySpan<float> gates)
    {
        Span<float> part = stackalloc float[Chunk];
        for (var done = 0; done < values.Length; done += Chunk)
        {
            var some = values.Slice(done, Math.Min(Chunk, values.Length - done));
            TensorPrimitives.Sigmoid(gates.Slice(done, some.Length), part);
            TensorPrimitives.Multiply(some, part[..some.Length], some);
        }
    }

    // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    static void GeluTanh(Span<float> values)
    {
        Span<float> part = stackalloc float[Chunk];
        for (; values.Length > 0; values = values[Math.Min(Chunk, values.Length)..])
        {
            var some = values[..Math.Min(Chunk, values.Length)];
            var inner = part[..some.Length];
            TensorPrimitives.Multiply<float>(some, some, inner);
            TensorPrimitives.Multiply(inner, 0.044715f, inner);
            TensorPrimitives.Add(inner, 1, inner);
            TensorPrimitives.Multiply(inner, some, inner);
            TensorPrimitives.Multiply(inner, 0.7978845608028654f, inner);
            TensorPrimitives.Tanh<float>(inner, inner);
            TensorPrimitives.Add(inner, 1, inner);
            TensorPrimitives.Multiply(inner, 0.5f, inner);
            TensorPrimitives.Multiply(some, inner, some);
        }
    }

    internal static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    // torch: above 20 the value itself.
    internal static float SoftPlus(float x) => x > 20 ? x : float.LogP1(MathF.Exp(x));

    internal static float Gelu(float x) => (float)(0.5 * x * (1 + ErrorFunction.Of(x * 0.70710678118654752)));
}
