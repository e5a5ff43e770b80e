using System.Buffers.Binary;

namespace Ckpt.Data.Indexed;

/// <summary>The head of an <c>.idx</c> file, and where its arrays lie: lengths, byte offsets, document boundaries, and modes where there are any.</summary>
readonly record struct IndexedHeader(IndexedDType DType, long Sequences, long Boundaries, bool HasModes)
{
    internal const int Size = 34;

    /// <summary>Bytes that a sequence takes: an int32 length and an int64 offset.</summary>
    const int PerSequence = sizeof(int) + sizeof(long);

    static ReadOnlySpan<byte> Magic => "MMIDIDX\0\0"u8;

    internal long OffsetsAt => Size + (Sequences * sizeof(int));

    internal long BoundariesAt => Size + (Sequences * PerSequence);

    /// <summary>Reads the head and checks its counts against the file's length.</summary>
    internal static IndexedHeader Parse(ReadOnlySpan<byte> bytes, long fileLength, string where)
    {
        if (bytes.Length < Size || !bytes.StartsWith(Magic)) { throw new MalformedDataException("IDX-1.1", where, "the file does not begin with MMIDIDX: it is no index of Megatron's, or is cut short"); }
        var version = BinaryPrimitives.ReadUInt64LittleEndian(bytes[9..]);
        if (version != 1) { throw new UnsupportedDataException("IDX-1.2", where, $"version {version} of the index; 1 is read"); }
        var code = bytes[17];
        if (code is < 1 or > 8) { throw new MalformedDataException("IDX-1.3", where, $"element type {code}; allowed are 1 to 8"); }

        var (sequences, boundaries) = (BinaryPrimitives.ReadUInt64LittleEndian(bytes[18..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[26..]));
        var room = (ulong)(fileLength - Size);
        if (boundaries == 0 || sequences > room / PerSequence || boundaries > (room - (sequences * PerSequence)) / sizeof(long))
        {
            throw new MalformedDataException("IDX-1.4", where, $"{sequences} sequences and {boundaries} document boundaries in {fileLength} bytes");
        }
        var modes = room - (sequences * PerSequence) - (boundaries * sizeof(long));
        if (modes != 0 && modes != sequences) { throw new MalformedDataException("IDX-1.4", where, $"{modes} bytes behind the boundaries; allowed are none, or a mode for each of the {sequences} sequences"); }
        return new IndexedHeader((IndexedDType)code, (long)sequences, (long)boundaries, modes != 0);
    }

    /// <summary>Writes the head.</summary>
    internal void Write(Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[9..], 1);
        bytes[17] = (byte)DType;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[18..], Sequences);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[26..], Boundaries);
    }
}
