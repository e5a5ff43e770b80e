using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Formats.Zarr;

/// <summary>Where the chunks of a shard lie, from the index in its file. Pure.</summary>
static class ZarrShardIndex
{
    const int EntryBytes = 16;

    /// <summary>Bytes of the index of so many chunks, its checksum included; −1 where they are more than a file has.</summary>
    internal static long Length(UInt128 chunks, ZarrSharding sharding)
    {
        var bytes = (chunks * EntryBytes) + (sharding.IndexChecksum ? 4u : 0u);
        return bytes <= int.MaxValue ? (long)bytes : -1;
    }

    /// <summary>Where the index begins in a stored shard, which must be long enough for it.</summary>
    internal static long Offset(long stored, long index, ZarrSharding sharding, string where)
    {
        if (index < 0 || index > stored) { Throw.NoRoom(where, stored, index); }
        return sharding.IndexAtStart ? 0 : stored - index;
    }

    /// <summary>Offset and length of each chunk, in row-major order, counted from the start of the shard; length −1 of one that is not stored.</summary>
    /// <param name="index">The bytes of the index.</param>
    /// <param name="stored">Bytes of the shard, the index included.</param>
    /// <param name="sharding">How it is made.</param>
    /// <param name="where">For messages.</param>
    internal static (long Offset, long Length)[] Parse(ReadOnlySpan<byte> index, long stored, ZarrSharding sharding, string where)
    {
        if (sharding.IndexChecksum)
        {
            var (found, said) = (Crc32c.Of(index[..^4]), BinaryPrimitives.ReadUInt32LittleEndian(index[^4..]));
            if (found != said) { Throw.Checksum(where, found, said); }
        }
        var (low, high) = sharding.IndexAtStart ? (index.Length, stored) : (0L, stored - index.Length);
        var chunks = new (long Offset, long Length)[index.Length / EntryBytes];
        for (var i = 0; i < chunks.Length; i++)
        {
            var (offset, length) = (Number(index, i * EntryBytes, sharding), Number(index, (i * EntryBytes) + 8, sharding));
            if (offset == ulong.MaxValue && length == ulong.MaxValue)
            {
                chunks[i] = (0, -1);
                continue;
            }
            if (offset < (ulong)low || offset > (ulong)high || length > (ulong)high - offset) { Throw.Outside(where, i, offset, length, low, high); }
            chunks[i] = ((long)offset, (long)length);
        }
        CheckOverlap(chunks, where);
        return chunks;
    }

    static ulong Number(ReadOnlySpan<byte> index, int at, ZarrSharding sharding) =>
        sharding.IndexBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(index[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(index[at..]);

    static void CheckOverlap((long Offset, long Length)[] chunks, string where)
    {
        var order = new int[chunks.Length];
        for (var i = 0; i < order.Length; i++) { order[i] = i; }
        Array.Sort(order, (a, b) => chunks[a].Offset.CompareTo(chunks[b].Offset));
        var (end, before) = (0L, -1);
        foreach (var i in order)
        {
            if (chunks[i].Length <= 0) { continue; }
            if (chunks[i].Offset < end) { Throw.Overlap(where, before, i); }
            (end, before) = (chunks[i].Offset + chunks[i].Length, i);
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoRoom(string where, long stored, long index) => throw new MalformedCheckpointException(
            "ZAR-4.1", where, $"a shard of {stored} bytes has no room for its index of {(index < 0 ? "more than 2^31" : index.ToString(System.Globalization.CultureInfo.InvariantCulture))}");

        [DoesNotReturn]
        internal static void Checksum(string where, uint found, uint said) => throw new MalformedCheckpointException(
            "ZAR-4.1", where, $"the CRC-32C of the shard's index is {found:x8}, stored is {said:x8}");

        [DoesNotReturn]
        internal static void Outside(string where, int chunk, ulong offset, ulong length, long low, long high) => throw new MalformedCheckpointException(
            "ZAR-4.2", where, $"chunk {chunk} of the shard has {length} bytes at {offset}; chunks lie in bytes {low} to {high}");

        [DoesNotReturn]
        internal static void Overlap(string where, int a, int b) => throw new MalformedCheckpointException("ZAR-4.3", where, $"chunks {a} and {b} of the shard share bytes");
    }
}
