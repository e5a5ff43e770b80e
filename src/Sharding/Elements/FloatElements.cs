using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Elements;

/// <summary>What computing with stored weights needs: float32 of them, and the rounding to their type on its own.</summary>
public static class FloatElements
{
    const int Chunk = 512;

    /// <summary>Whether weights of this type can be computed with: each of its values is a float32, or rounds to one.</summary>
    public static bool IsKnown(DType dtype) => dtype is DType.F64 or DType.F32 or DType.F16 or DType.BF16;

    /// <summary>Rounds values to those that <paramref name="to"/> has, as <see cref="ElementCast"/> does, and leaves them float32.</summary>
    public static void Round(DType to, Span<float> values)
    {
        if (to == DType.BF16) { BFloat16Lanes.Round(values); return; }
        if (to != DType.F16) { return; } // each float32 is one of float32 and float64
        Span<Half> halves = stackalloc Half[Chunk];
        for (var done = 0; done < values.Length; done += Chunk)
        {
            var part = values.Slice(done, Math.Min(Chunk, values.Length - done));
            TensorPrimitives.ConvertToHalf(part, halves[..part.Length]);
            TensorPrimitives.ConvertToSingle(halves[..part.Length], part);
        }
    }

    /// <summary>How many steps of type <paramref name="dtype"/> lie between two of its values, at most 2^31 - 1; 0 where either is no number.</summary>
    public static int StepsBetween(DType dtype, float a, float b)
    {
        if (float.IsNaN(a) || float.IsNaN(b)) { return 0; }
        var steps = Math.Abs(Order(dtype, a) - Order(dtype, b));
        return (int)Math.Min(steps, int.MaxValue);
    }

    // Neighbours are one apart, and the two zeros none.
    static long Order(DType dtype, float value)
    {
        long bits = dtype switch
        {
            DType.BF16 => BitConverter.SingleToUInt32Bits(Math.Abs(value)) >> 16,
            DType.F16 => BitConverter.HalfToUInt16Bits((Half)Math.Abs(value)),
            _ => BitConverter.SingleToUInt32Bits(Math.Abs(value)),
        };
        return value < 0 ? -bits : bits;
    }

    /// <summary>float32 of packed elements.</summary>
    internal static void ToSingle(DType from, ReadOnlySpan<byte> source, Span<float> target) => ElementCast.Cast(from, source, DType.F32, MemoryMarshal.AsBytes(target));
}
