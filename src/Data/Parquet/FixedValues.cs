namespace Ckpt.Data.Parquet;

/// <summary>PLAIN values of one width.</summary>
sealed class FixedValues(ReadOnlyMemory<byte> bytes, int width, string where) : IParquetValues
{
    int _position;

    public ReadOnlySpan<byte> Next()
    {
        if (width > bytes.Length - _position) { throw new MalformedDataException("PQT-3.5", where, $"the values end at byte {bytes.Length}, more are announced"); }
        _position += width;
        return bytes.Span.Slice(_position - width, width);
    }
}
