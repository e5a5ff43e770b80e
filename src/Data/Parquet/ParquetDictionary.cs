namespace Ckpt.Data.Parquet;

/// <summary>The values of a dictionary page, found by index.</summary>
sealed class ParquetDictionary
{
    readonly ReadOnlyMemory<byte> _bytes;
    readonly (int Start, int Length)[]? _ranges;
    readonly int _width;
    readonly int _count;

    internal ParquetDictionary(ReadOnlyMemory<byte> bytes, int count, int width, string where)
    {
        // A byte array takes four bytes at least, so that the announced number cannot ask for more memory than the page.
        if (count < 0 || (long)count * (width == 0 ? sizeof(uint) : width) > bytes.Length)
        {
            throw new MalformedDataException("PQT-3.5", where, $"a dictionary of {count} values in {bytes.Length} bytes");
        }
        (_bytes, _count, _width) = (bytes, count, width);
        if (width > 0) { return; }
        _ranges = new (int, int)[count];
        var position = 0;
        for (var i = 0; i < count; i++) { _ranges[i] = ByteArrayValues.Range(bytes.Span, ref position, where); }
    }

    internal ReadOnlySpan<byte> this[int index, string where]
    {
        get
        {
            if ((uint)index >= (uint)_count) { throw new MalformedDataException("PQT-3.5", where, $"index {(uint)index} of a dictionary of {_count} values"); }
            return _ranges is null ? _bytes.Span.Slice(index * _width, _width) : _bytes.Span.Slice(_ranges[index].Start, _ranges[index].Length);
        }
    }
}
