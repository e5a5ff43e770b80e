using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;

namespace Ckpt.Formats.Torch;

/// <summary>Fills one range of an archive with headers, small records and directory, field by field as miniz does.</summary>
ref struct ZipBuffer(long from, long to)
{
    readonly byte[] _bytes = new byte[to - from];
    int _at;

    internal readonly byte[] Done()
    {
        Debug.Assert(_at == _bytes.Length, "the range is filled exactly");
        return _bytes;
    }

    /// <summary>Header, data and descriptor.</summary>
    internal void Record(ZipRecord record)
    {
        Header(record);
        record.Bytes!.CopyTo(_bytes, _at);
        _at += record.Bytes.Length;
        Descriptor(record, IO.Crc32.Of(record.Bytes));
    }

    internal void Header(ZipRecord record)
    {
        var name = Encoding.UTF8.GetBytes(record.FullName);
        var padding = record.Padding;
        U32(0x04034B50);
        U16(0);
        U16(Flags(record));
        U16(0);
        U32(0);
        U32(0);
        // 0 also where the zip64 field has the length, and there only the uncompressed one: seen with torch 2.6 and 2.14.
        U32(0);
        U32(0);
        U16((ushort)name.Length);
        U16((ushort)(record.WideLength + 4 + padding));
        Put(name);
        WideField(record, 0);
        U16(0x4246); // "FB"
        U16((ushort)padding);
        _bytes.AsSpan(_at, padding).Fill((byte)'Z');
        _at += padding;
    }

    internal void Descriptor(ZipRecord record, uint checksum)
    {
        if (record.DescriptorLength == 0) { return; }
        U32(0x08074B50);
        U32(checksum);
        if (record.DescriptorLength == 24)
        {
            U64(record.Length);
            U64(record.Length);
            return;
        }
        U32((uint)record.Length);
        U32((uint)record.Length);
    }

    internal void DirectoryEntry(ZipRecord record, uint checksum)
    {
        var name = Encoding.UTF8.GetBytes(record.FullName);
        U32(0x02014B50);
        U16(0);
        U16(0);
        U16(Flags(record));
        U16(0);
        U32(0);
        U32(checksum);
        U32((uint)Math.Min(record.Length, ZipRecord.Wide));
        U32((uint)Math.Min(record.Length, ZipRecord.Wide));
        U16((ushort)name.Length);
        U16((ushort)record.WideLength);
        U16(0);
        U16(0);
        U16(0);
        U32(0);
        U32((uint)Math.Min(record.Offset, ZipRecord.Wide));
        Put(name);
        WideField(record, record.Length);
    }

    internal void End(int entries, long directoryOffset, long directoryLength)
    {
        var record64 = directoryOffset + directoryLength;
        U32(0x06064B50);
        U64(44);
        U16(798);
        U16(45);
        U32(0);
        U32(0);
        U64(entries);
        U64(entries);
        U64(directoryLength);
        U64(directoryOffset);

        U32(0x07064B50);
        U32(0);
        U64(record64);
        U32(1);

        U32(0x06054B50);
        U16(0);
        U16(0);
        U16((ushort)Math.Min(entries, ushort.MaxValue));
        U16((ushort)Math.Min(entries, ushort.MaxValue));
        U32((uint)Math.Min(directoryLength, ZipRecord.Wide));
        U32((uint)Math.Min(directoryOffset, ZipRecord.Wide));
        U16(0);
    }

    /// <summary>Bit 3: the sizes follow in a descriptor (not behind an empty record); bit 11: the name is UTF-8.</summary>
    static ushort Flags(ZipRecord record) => record.Length == 0 ? (ushort)0x0800 : (ushort)0x0808;

    void WideField(ZipRecord record, long stored)
    {
        if (record.WideLength == 0) { return; }
        U16(1);
        U16((ushort)(record.WideLength - 4));
        if (record.IsWide)
        {
            U64(record.Length);
            U64(stored);
        }
        if (record.IsFar) { U64(record.Offset); }
    }

    void Put(byte[] bytes)
    {
        bytes.CopyTo(_bytes, _at);
        _at += bytes.Length;
    }

    void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_at), value);
        _at += 2;
    }

    void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_at), value);
        _at += 4;
    }

    void U64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_at), value);
        _at += 8;
    }
}
