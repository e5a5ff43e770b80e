using System.Numerics.Tensors;

namespace Ckpt.Inference.Kernels;

/// <summary>Root-mean-square norms of rows, in place.</summary>
static class Norms
{
    /// <summary>Divides by the root of the mean square and multiplies by the weights.</summary>
    /// <param name="values">Rows of the weights' length, one after the other.</param>
    /// <param name="weights">What each value is multiplied by; one is added beforehand where the model's norms are centred on zero.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    internal static void RootMeanSquare(Span<float> values, ReadOnlySpan<float> weights, float epsilon)
    {
        for (; values.Length > 0; values = values[weights.Length..])
        {
            var row = values[..weights.Length];
            var scale = 1 / MathF.Sqrt((Lanes.Dot(row, row) / row.Length) + epsilon);
            TensorPrimitives.Multiply(row, scale, row);
            TensorPrimitives.Multiply(row, weights, row);
        }
    }

    /// <summary>The same without weights, of rows so wide.</summary>
    internal static void RootMeanSquare(Span<float> values, int width, float epsilon)
    {
        for (; values.Length > 0; values = values[width..])
        {
            var row = values[..width];
            Lanes.Scale(row, 1 / MathF.Sqrt((Lanes.Dot(row, row) / width) + epsilon));
        }
    }

    /// <summary>Subtracts the mean, divides by the root of the variance, multiplies by the weights and adds the biases.</summary>
    internal static void Layer(Span<float> values, ReadOnlySpan<float> weights, ReadOnlySpan<float> biases, float epsilon)
    {
        for (; values.Length > 0; values = values[weights.Length..])
        {
            var row = values[..weights.Length];
            TensorPrimitives.Subtract(row, TensorPrimitives.Sum<float>(row) / row.Length, row);
            var scale = 1 / MathF.Sqrt((Lanes.Dot(row, row) / row.Length) + epsilon);
            TensorPrimitives.Multiply(row, scale, row);
            TensorPrimitives.MultiplyAdd(row, weights, biases, row);
        }
    }

    /// <summary>Divides by the root of the sum of squares.</summary>
    internal static void Length(Span<float> values, float epsilon) => Lanes.Scale(values, 1 / MathF.Sqrt(Lanes.Dot(values, values) + epsilon));
}
