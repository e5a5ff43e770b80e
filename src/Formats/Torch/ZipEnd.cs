using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>What the end of a zip says of its central directory. Source: APPNOTE.TXT 4.3.14 to 4.3.16.</summary>
readonly record struct ZipEnd(long DirectoryOffset, long DirectoryLength, long Entries)
{
    const int EndSize = 22;
    const int LocatorSize = 20;
    const int End64Size = 56;
    const int DirectoryEntrySize = 46;
    const int CommentLimit = ushort.MaxValue;

    /// <summary>Finds and checks the end records.</summary>
    internal static ZipEnd Read(IByteSource source)
    {
        var tail = Tail(source, EndSize + LocatorSize);
        var at = Find(tail);
        if (at < 0)
        {
            // A comment may follow; torch writes none.
            tail = Tail(source, EndSize + LocatorSize + CommentLimit);
            at = Find(tail);
        }
        if (at < 0) { Throw.NoEnd(source); }
        var end = tail.AsSpan(at);
        var endOffset = source.Length - tail.Length + at;
        var found = new ZipEnd(
            BinaryPrimitives.ReadUInt32LittleEndian(end[16..]), BinaryPrimitives.ReadUInt32LittleEndian(end[12..]), BinaryPrimitives.ReadUInt16LittleEndian(end[10..]));
        var disks = (uint)(BinaryPrimitives.ReadUInt16LittleEndian(end[4..]) | BinaryPrimitives.ReadUInt16LittleEndian(end[6..]));
        var limit = endOffset;
        if (at >= LocatorSize && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at - LocatorSize)) == 0x07064B50)
        {
            (found, limit) = Read64(source, tail.AsSpan(at - LocatorSize), endOffset - LocatorSize);
            disks = 0;
        }
        if (disks is not (0 or 0xFFFF)) { Throw.Disks(source); }
        found.Check(source, limit);
        return found;
    }

    static (ZipEnd End, long Limit) Read64(IByteSource source, ReadOnlySpan<byte> locator, long locatorOffset)
    {
        var offset = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (locatorOffset < End64Size || offset > (ulong)(locatorOffset - End64Size)) { Throw.End64(source, offset); }
        var record = new byte[End64Size];
        source.ReadExactly((long)offset, record);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != 0x06064B50) { Throw.End64(source, offset); }
        if ((BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(16))) != 0) { Throw.Disks(source); }
        var entries = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(32));
        var length = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(40));
        var start = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(48));
        if ((entries | length | start) > long.MaxValue) { Throw.Directory(source, start, length, entries); }
        return (new ZipEnd((long)start, (long)length, (long)entries), (long)offset);
    }

    void Check(IByteSource source, long limit)
    {
        if (DirectoryOffset > limit || DirectoryLength != limit - DirectoryOffset
            || Entries > DirectoryLength / DirectoryEntrySize || DirectoryLength > Array.MaxLength)
        {
            Throw.Directory(source, (ulong)DirectoryOffset, (ulong)DirectoryLength, (ulong)Entries);
        }
    }

    static byte[] Tail(IByteSource source, int length)
    {
        var tail = new byte[Math.Min(length, source.Length)];
        source.ReadExactly(source.Length - tail.Length, tail);
        return tail;
    }

    static int Find(ReadOnlySpan<byte> tail)
    {
        for (var at = tail.Length - EndSize; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail[at..]) == 0x06054B50
                && BinaryPrimitives.ReadUInt16LittleEndian(tail[(at + 20)..]) == tail.Length - at - EndSize)
            {
                return at;
            }
        }
        return -1;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoEnd(IByteSource source) => throw new MalformedCheckpointException(
            "TOR-3.2", source.Name, $"no end-of-directory record closes the {source.Length} bytes: no zip, or cut short");

        [DoesNotReturn]
        internal static void Disks(IByteSource source) => throw new UnsupportedCheckpointException(
            "TOR-3.2", source.Name, "a zip in several parts");

        [DoesNotReturn]
        internal static void End64(IByteSource source, ulong offset) => throw new MalformedCheckpointException(
            "TOR-3.2", source.Name, $"the zip64 end record should be at byte {offset}");

        [DoesNotReturn]
        internal static void Directory(IByteSource source, ulong offset, ulong length, ulong entries) => throw new MalformedCheckpointException(
            "TOR-3.3", source.Name, $"a directory of {entries} entries at byte {offset} with {length} bytes does not fit before its end record");
    }
}
