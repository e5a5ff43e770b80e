using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Ckpt.Formats.Torch;

/// <summary>The entries of a zip's central directory. Source: APPNOTE.TXT 4.3.12 and 4.5.3.</summary>
static class ZipDirectory
{
    const int EntrySize = 46;

    internal static List<TorchArchiveRecord> Parse(ReadOnlySpan<byte> directory, ZipEnd end, string where)
    {
        var records = new List<TorchArchiveRecord>((int)end.Entries);
        for (var number = 0L; number < end.Entries; number++)
        {
            if (directory.Length < EntrySize || BinaryPrimitives.ReadUInt32LittleEndian(directory) != 0x02014B50) { Throw.Entry(where, number); }
            var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[28..]);
            var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[30..]);
            var length = EntrySize + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(directory[32..]);
            if (length > directory.Length) { Throw.Entry(where, number); }
            records.Add(Entry(directory, directory.Slice(EntrySize, nameLength), directory.Slice(EntrySize + nameLength, extraLength), where, number));
            directory = directory[length..];
        }
        if (directory.Length > 0) { Throw.Rest(where, directory.Length); }
        return Apart(records, end.DirectoryOffset, where);
    }

    static TorchArchiveRecord Entry(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> extra, string where, long number)
    {
        if (!Utf8.IsValid(name)) { Throw.Name(where, number); }
        var fullName = Encoding.UTF8.GetString(name);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        if ((flags & 0x2041) != 0) { Throw.Encrypted(where, fullName); }
        if (method is not (0 or 8)) { Throw.Method(where, fullName, method); }

        ulong stored = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        ulong length = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
        ulong offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
        var wide = Wide(extra);
        length = Widened(length, ref wide);
        stored = Widened(stored, ref wide);
        offset = Widened(offset, ref wide);
        if ((stored | length | offset) > long.MaxValue) { Throw.Range(where, fullName, offset, stored); }
        if (method == 0 && stored != length) { Throw.Lengths(where, fullName, stored, length); }
        return new TorchArchiveRecord(
            "", fullName, (long)offset, (long)stored, (long)length, BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]), method == 8, 0);
    }

    static ulong Widened(ulong value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue || wide.Length < 8) { return value; }
        value = BinaryPrimitives.ReadUInt64LittleEndian(wide);
        wide = wide[8..];
        return value;
    }

    /// <summary>The content of the zip64 field, or nothing.</summary>
    static ReadOnlySpan<byte> Wide(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4) { return []; }
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == 1) { return extra.Slice(4, length); }
            extra = extra[(4 + length)..];
        }
        return [];
    }

    /// <summary>Checks that no two records share a byte, and tells each where the next begins.</summary>
    static List<TorchArchiveRecord> Apart(List<TorchArchiveRecord> records, long directoryOffset, string where)
    {
        var byOffset = new int[records.Count];
        for (var i = 0; i < byOffset.Length; i++) { byOffset[i] = i; }
        Array.Sort(byOffset, (a, b) => records[a].HeaderOffset.CompareTo(records[b].HeaderOffset));
        for (var i = 0; i < byOffset.Length; i++)
        {
            var record = records[byOffset[i]];
            var limit = i + 1 < byOffset.Length ? records[byOffset[i + 1]].HeaderOffset : directoryOffset;
            var least = (ulong)ZipLocalHeader.FixedSize + (ulong)Encoding.UTF8.GetByteCount(record.FullName) + (ulong)record.StoredLength;
            if (record.HeaderOffset > limit || least > (ulong)(limit - record.HeaderOffset)) { Throw.Overlap(where, record, limit); }
            records[byOffset[i]] = record with { Limit = limit };
        }
        return records;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Entry(string where, long number) => throw new MalformedCheckpointException(
            "TOR-3.3", where, $"entry {number} of the directory is none, or ends behind it");

        [DoesNotReturn]
        internal static void Rest(string where, int length) => throw new MalformedCheckpointException(
            "TOR-3.3", where, $"{length} bytes of the directory belong to no entry");

        [DoesNotReturn]
        internal static void Name(string where, long number) => throw new MalformedCheckpointException(
            "TOR-3.4", where, $"the name of entry {number} is not UTF-8");

        [DoesNotReturn]
        internal static void Encrypted(string where, string name) => throw new UnsupportedCheckpointException(
            "TOR-3.5", where, $"record {name} is encrypted");

        [DoesNotReturn]
        internal static void Method(string where, string name, int method) => throw new UnsupportedCheckpointException(
            "TOR-3.5", where, $"record {name} is compressed by method {method}, read are 0 (stored) and, for data.pkl, 8 (deflate)");

        [DoesNotReturn]
        internal static void Lengths(string where, string name, ulong stored, ulong length) => throw new MalformedCheckpointException(
            "TOR-3.6", where, $"record {name} is stored as it is, in {stored} bytes that are {length}");

        [DoesNotReturn]
        internal static void Range(string where, string name, ulong offset, ulong length) => throw new MalformedCheckpointException(
            "TOR-3.6", where, $"record {name} lies at byte {offset} with {length} bytes");

        [DoesNotReturn]
        internal static void Overlap(string where, TorchArchiveRecord record, long limit) => throw new MalformedCheckpointException(
            "TOR-3.6", where, $"record {record.FullName} of {record.StoredLength} bytes at byte {record.HeaderOffset} reaches past byte {limit}, where the next begins");
    }
}
