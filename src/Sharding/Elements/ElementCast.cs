using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Elements;

/// <summary>
/// Casts between the floating-point types weights come in. Rounding is to nearest, ties to even, and happens once (NUM-1.1); what is
/// too large becomes infinity, or in 8 bits what torch makes of it (NUM-2.2); a NaN stays a NaN.
/// </summary>
public static class ElementCast
{
    const int Chunk = 512;

    /// <summary>Whether elements of one type can be cast to the other.</summary>
    public static bool IsKnown(DType from, DType to) => from == to || (IsFloat(from) && IsFloat(to));

    /// <summary>Casts packed little-endian elements; both spans hold the same number of whole elements.</summary>
    public static void Cast(DType from, ReadOnlySpan<byte> source, DType to, Span<byte> target)
    {
        if (!IsKnown(from, to)) { Throw.UnknownCast(from, to); }
        var count = source.Length / from.ByteSize();
        if (count * from.ByteSize() != source.Length || count * to.ByteSize() != target.Length) { Throw.Lengths(source.Length, target.Length); }
        if (from == to) { source.CopyTo(target); return; }
        if (from == DType.F32) { FromSingle(MemoryMarshal.Cast<byte, float>(source), to, target); return; }
        if (from == DType.F64) { FromDouble(MemoryMarshal.Cast<byte, double>(source), to, target); return; }

        Span<float> floats = stackalloc float[Chunk];
        for (var done = 0; done < count; done += Chunk)
        {
            var part = floats[..Math.Min(Chunk, count - done)];
            ToSingle(from, source.Slice(done * from.ByteSize(), part.Length * from.ByteSize()), part);
            FromSingle(part, to, target.Slice(done * to.ByteSize(), part.Length * to.ByteSize()));
        }
    }

    static bool IsFloat(DType dtype) => dtype is DType.F64 or DType.F32 or DType.F16 or DType.BF16 || Float8.IsKnown(dtype);

    /// <summary>Exact: every value of the narrower types is a float32.</summary>
    static void ToSingle(DType from, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (from)
        {
            case DType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), target);
                break;
            case DType.BF16:
                BFloat16Lanes.Widen(MemoryMarshal.Cast<byte, ushort>(source), target);
                break;
            default:
                Float8.Decode(from, source, target);
                break;
        }
    }

    static void FromSingle(ReadOnlySpan<float> source, DType to, Span<byte> target)
    {
        switch (to)
        {
            case DType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(target);
                break;
            case DType.F16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(target));
                break;
            case DType.F64:
                var wide = MemoryMarshal.Cast<byte, double>(target);
                for (var i = 0; i < source.Length; i++) { wide[i] = source[i]; }
                break;
            case DType.BF16:
                BFloat16Lanes.Narrow(source, MemoryMarshal.Cast<byte, ushort>(target));
                break;
            default:
                Float8.Encode(to, source, target);
                break;
        }
    }

    /// <summary>Through float32 rounded to odd, so that the second rounding is the only one that counts.</summary>
    static void FromDouble(ReadOnlySpan<double> source, DType to, Span<byte> target)
    {
        switch (to)
        {
            case DType.F32:
                var singles = MemoryMarshal.Cast<byte, float>(target);
                for (var i = 0; i < source.Length; i++) { singles[i] = (float)source[i]; }
                break;
            case DType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(target);
                for (var i = 0; i < source.Length; i++) { halves[i] = (Half)source[i]; }
                break;
            default:
                Span<float> odd = stackalloc float[Chunk];
                for (var done = 0; done < source.Length; done += Chunk)
                {
                    var part = odd[..Math.Min(Chunk, source.Length - done)];
                    for (var i = 0; i < part.Length; i++) { part[i] = BitConverter.UInt32BitsToSingle(SingleRoundedToOdd(source[done + i])); }
                    FromSingle(part, to, target.Slice(done * to.ByteSize(), part.Length * to.ByteSize()));
                }
                break;
        }
    }

    /// <summary>The upper half of a float32, rounded to nearest, ties to even; a NaN keeps its sign and stays one.</summary>
    internal static ushort RoundToBFloat16(uint bits) => (bits & 0x7FFF_FFFF) > 0x7F80_0000
        ? (ushort)((bits >> 16) | 0x0040)
        : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);

    static uint SingleRoundedToOdd(double value)
    {
        var near = (float)value;
        var bits = BitConverter.SingleToUInt32Bits(near);
        if (double.IsNaN(value) || near == value) { return bits; }
        // Not exact: truncate towards zero, then set the last bit, which remembers that something was cut off.
        if (float.IsInfinity(near) || Math.Abs((double)near) > Math.Abs(value)) { bits--; }
        return bits | 1;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void UnknownCast(DType from, DType to) =>
            throw new ArgumentException($"no cast from {from.DisplayName()} to {to.DisplayName()}");

        [DoesNotReturn]
        internal static void Lengths(int source, int target) =>
            throw new ArgumentException($"{source} bytes cannot become {target} bytes of whole elements");
    }
}
