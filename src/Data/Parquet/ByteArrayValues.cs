using System.Buffers.Binary;

namespace Ckpt.Data.Parquet;

/// <summary>PLAIN byte arrays: each has its length in front.</summary>
sealed class ByteArrayValues(ReadOnlyMemory<byte> bytes, string where) : IParquetValues
{
    int _position;

    public ReadOnlySpan<byte> Next()
    {
        var (start, length) = Range(bytes.Span, ref _position, where);
        return bytes.Span.Slice(start, length);
    }

    /// <summary>Where the byte array at a position lies; the position moves past it.</summary>
    internal static (int Start, int Length) Range(ReadOnlySpan<byte> bytes, ref int position, string where)
    {
        var rest = bytes.Length - position;
        var length = rest < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes[position..]);
        if (length > (uint)Math.Max(0, rest - sizeof(uint))) { throw new MalformedDataException("PQT-3.5", where, $"a value at byte {position} goes beyond the {bytes.Length} bytes of its page"); }
        var start = position + sizeof(uint);
        position = start + (int)length;
        return (start, (int)length);
    }
}
