namespace Ckpt.Data.Parquet;

/// <summary>BYTE_STREAM_SPLIT: the first bytes of all values, then the second bytes, and so on.</summary>
sealed class SplitValues : IParquetValues
{
    readonly ReadOnlyMemory<byte> _bytes;
    readonly byte[] _value;
    readonly string _where;
    readonly int _count;
    int _next;

    internal SplitValues(ReadOnlyMemory<byte> bytes, int width, string where)
    {
        if (bytes.Length % width != 0) { throw new MalformedDataException("PQT-3.5", where, $"{bytes.Length} bytes are no whole number of values of {width}"); }
        (_bytes, _where, _count) = (bytes, where, bytes.Length / width);
        _value = _count == 0 ? [] : new byte[width];
    }

    public ReadOnlySpan<byte> Next()
    {
        if (_next >= _count) { throw new MalformedDataException("PQT-3.5", _where, $"the page has {_count} values, more are announced"); }
        var bytes = _bytes.Span;
        for (var i = 0; i < _value.Length; i++) { _value[i] = bytes[(i * _count) + _next]; }
        _next++;
        return _value;
    }
}
