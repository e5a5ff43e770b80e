using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>The header in front of a zip record, of which only the lengths matter: the directory says the rest. Source: APPNOTE.TXT 4.3.7.</summary>
static class ZipLocalHeader
{
    internal const int FixedSize = 30;

    /// <summary>Where the record's bytes start.</summary>
    internal static long DataOffset(IByteSource source, TorchArchiveRecord record)
    {
        var name = Encoding.UTF8.GetBytes(record.FullName);
        // ZipDirectory has checked that these bytes are there.
        var header = new byte[FixedSize + name.Length];
        source.ReadExactly(record.HeaderOffset, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034B50
            || BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26)) != name.Length || !header.AsSpan(FixedSize).SequenceEqual(name))
        {
            Throw.Header(source.Name, record);
        }
        var offset = record.HeaderOffset + header.Length + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        if (offset > record.Limit || record.StoredLength > record.Limit - offset) { Throw.PastLimit(source.Name, record, offset); }
        return offset;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Header(string where, TorchArchiveRecord record) => throw new MalformedCheckpointException(
            "TOR-3.7", where, $"no header of record {record.FullName} at byte {record.HeaderOffset}");

        [DoesNotReturn]
        internal static void PastLimit(string where, TorchArchiveRecord record, long offset) => throw new MalformedCheckpointException(
            "TOR-3.6", where, $"record {record.FullName} has {record.StoredLength} bytes from byte {offset}, the next record begins at {record.Limit}");
    }
}
