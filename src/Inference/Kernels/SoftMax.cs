using System.Numerics.Tensors;

namespace Ckpt.Inference.Kernels;

/// <summary>Exponentials made to sum to one.</summary>
static class SoftMax
{
    /// <summary>In place; a sink, where there is one, takes its part of the sum and is then forgotten.</summary>
    internal static void Apply(Span<float> values, float? sink = null)
    {
        var largest = MathF.Max(TensorPrimitives.Max<float>(values), sink ?? float.NegativeInfinity);
        TensorPrimitives.Subtract(values, largest, values);
        TensorPrimitives.Exp<float>(values, values);
        var sum = TensorPrimitives.Sum<float>(values) + (sink is { } logit ? MathF.Exp(logit - largest) : 0);
        TensorPrimitives.Multiply(values, 1 / sum, values);
    }

    /// <summary>Holds values between plus and minus a cap, smoothly.</summary>
    internal static void Cap(Span<float> values, float cap)
    {
        TensorPrimitives.Multiply(values, 1 / cap, values);
        TensorPrimitives.Tanh<float>(values, values);
        TensorPrimitives.Multiply(values, cap, values);
    }
}
