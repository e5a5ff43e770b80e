using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Verify.Comparing;

/// <summary>Stored elements as numbers: exact float64 of every type but 64-bit integers, which round.</summary>
static class ElementValues
{
    /// <summary>Whether elements of a type are numbers that can be compared.</summary>
    internal static bool IsKnown(DType dtype) => IsFloat(dtype) || IsInteger(dtype);

    /// <summary>Whether elements of a type are floating-point numbers of sign and magnitude.</summary>
    internal static bool IsFloat(DType dtype) => dtype.ByteSize() > 0 && !IsInteger(dtype) && ElementCast.IsKnown(dtype, DType.F64);

    /// <summary>float64 of packed little-endian elements.</summary>
    internal static void Widen(DType dtype, ReadOnlySpan<byte> bytes, Span<double> values)
    {
        if (!IsInteger(dtype)) { ElementCast.Cast(dtype, bytes, DType.F64, MemoryMarshal.AsBytes(values)); return; }
        var size = dtype.ByteSize();
        for (var i = 0; i < values.Length; i++)
        {
            var bits = Bits(bytes.Slice(i * size, size));
            values[i] = dtype switch
            {
                DType.I8 => (sbyte)bits,
                DType.I16 => (short)bits,
                DType.I32 => (int)bits,
                DType.I64 => (long)bits,
                _ => bits,
            };
        }
    }

    /// <summary>The bits of one element of at most 8 bytes.</summary>
    internal static ulong Bits(ReadOnlySpan<byte> element) => element.Length switch
    {
        1 => element[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(element),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(element),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(element),
    };

    /// <summary>How many values of a floating-point type of <paramref name="size"/> bytes lie from one to the other; the two zeros are one.</summary>
    internal static ulong Steps(int size, ulong a, ulong b) => Distance(Order(size, a), Order(size, b));

    static ulong Distance(long a, long b) => unchecked(a > b ? (ulong)(a - b) : (ulong)(b - a));

    static long Order(int size, ulong bits)
    {
        var sign = 1UL << ((8 * size) - 1);
        var magnitude = (long)(bits & (sign - 1));
        return (bits & sign) == 0 ? magnitude : -magnitude;
    }

    static bool IsInteger(DType dtype) => dtype is DType.Bool or DType.U8 or DType.I8 or DType.I16 or DType.U16 or DType.I32 or DType.U32 or DType.I64 or DType.U64;
}
