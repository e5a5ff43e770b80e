namespace Ckpt.Data.Parquet;

/// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.</summary>
sealed class DeltaLengthValues(ReadOnlyMemory<byte> bytes, string where) : IParquetValues
{
    readonly DeltaCursor _lengths = new(bytes, where);
    int _position = DeltaCursor.EndOf(bytes, where);

    public ReadOnlySpan<byte> Next()
    {
        var length = _lengths.Next();
        if (length < 0 || length > bytes.Length - _position)
        {
            throw new MalformedDataException("PQT-3.5", where, $"a value of {length} bytes at byte {_position} of {bytes.Length}");
        }
        _position += (int)length;
        return bytes.Span.Slice(_position - (int)length, (int)length);
    }
}
