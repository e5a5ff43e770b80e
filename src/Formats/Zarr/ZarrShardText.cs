using System.Buffers.Binary;

namespace Ckpt.Formats.Zarr;

/// <summary>Says the index of a shard: little-endian, its CRC-32C behind it, as <see cref="ZarrShardIndex"/> reads it. Pure.</summary>
static class ZarrShardText
{
    /// <summary>Bytes of an index.</summary>
    internal static int Length(int chunks) => (chunks * 16) + 4;

    /// <summary>The index of chunks by their place; length −1 of one that is not stored.</summary>
    internal static byte[] Of((long Offset, long Length)[] chunks)
    {
        var bytes = new byte[Length(chunks.Length)];
        for (var i = 0; i < chunks.Length; i++)
        {
            var (offset, length) = chunks[i].Length < 0 ? (ulong.MaxValue, ulong.MaxValue) : ((ulong)chunks[i].Offset, (ulong)chunks[i].Length);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 16), offset);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * 16) + 8), length);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(^4), Crc32c.Of(bytes.AsSpan(0, bytes.Length - 4)));
        return bytes;
    }
}
