using System.Buffers.Binary;
using System.Numerics;

namespace Ckpt.Formats.Zarr;

/// <summary>CRC-32C (Castagnoli): reflected polynomial 0x82F63B78, all ones before and after, by the processor's own instruction.</summary>
static class Crc32c
{
    internal static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..]) { crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes)); }
        foreach (var value in bytes) { crc = BitOperations.Crc32C(crc, value); }
        return ~crc;
    }
}
