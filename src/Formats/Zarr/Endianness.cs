using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>The order of an element's bytes.</summary>
static class Endianness
{
    /// <summary>Bytes that are reversed together: an element, or half of a complex one.</summary>
    internal static int UnitOf(DType dtype) => dtype is DType.C64 or DType.C128 ? dtype.ByteSize() / 2 : dtype.ByteSize();

    /// <summary>Reverses the bytes of each unit in place.</summary>
    /// <param name="bytes">Whole units.</param>
    /// <param name="unit">1, 2, 4 or 8.</param>
    internal static void Swap(Span<byte> bytes, int unit)
    {
        switch (unit)
        {
            case 2:
                var words = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 4:
                var doubles = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(doubles, doubles);
                break;
            case 8:
                var quads = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(quads, quads);
                break;
        }
    }
}
