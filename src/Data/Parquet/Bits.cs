using System.Buffers.Binary;

namespace Ckpt.Data.Parquet;

/// <summary>Numbers that do not begin or end at a byte.</summary>
static class Bits
{
    /// <summary>The number of up to 64 bits at a bit position, lowest bit first.</summary>
    internal static ulong Read(ReadOnlySpan<byte> bytes, long bit, int width, string where)
    {
        if (width == 0) { return 0; }
        var end = (bit + width + 7) >> 3;
        if (end > bytes.Length) { throw new MalformedDataException("PQT-3.5", where, $"packed values go on to byte {end} of {bytes.Length}"); }
        var (at, shift) = ((int)(bit >> 3), (int)(bit & 7));
        var value = Word(bytes[at..]) >> shift;
        if (shift + width > 64) { value |= (ulong)bytes[at + 8] << (64 - shift); }
        return width == 64 ? value : value & ((1UL << width) - 1);
    }

    /// <summary>A number of seven bits a byte, lowest first.</summary>
    internal static ulong Varint(ReadOnlySpan<byte> bytes, ref int position, string where)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (position >= bytes.Length) { throw new MalformedDataException("PQT-3.5", where, $"the values end at byte {bytes.Length}, more are announced"); }
            var next = bytes[position++];
            value |= shift < 64 ? (ulong)(next & 127) << shift : 0;
            if (next < 128) { return value; }
        }
        throw new MalformedDataException("PQT-3.5", where, $"a number of more than ten bytes before byte {position}");
    }

    static ulong Word(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 8) { return BinaryPrimitives.ReadUInt64LittleEndian(bytes); }
        var word = 0UL;
        for (var i = 0; i < bytes.Length; i++) { word |= (ulong)bytes[i] << (8 * i); }
        return word;
    }
}
