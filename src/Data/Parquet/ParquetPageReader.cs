using Ckpt.Data.IO;

namespace Ckpt.Data.Parquet;

/// <summary>A page's header, its place for messages, and its bytes as they lie in the file.</summary>
readonly record struct ParquetRawPage(ParquetPageHeader Header, ReadOnlyMemory<byte> Bytes, string Where);

/// <summary>Reads the pages of a column chunk, one after the other.</summary>
sealed class ParquetPageReader(DataFileSource file, ParquetChunk chunk, string column)
{
    // Almost every header fits the first window; statistics of long texts make some larger.
    const int FirstWindow = 256;
    const int LargestHeader = 16 << 20;

    readonly long _end = chunk.Offset + chunk.Length;
    long _position = chunk.Offset;

    /// <summary>The next page, or null at the chunk's end.</summary>
    internal ParquetRawPage? Next()
    {
        if (_position >= _end) { return null; }
        var where = $"{file.Name}: column {Named.Text(column)}, page at byte {_position}";
        var header = Header(where, out var headerLength);
        var start = _position + headerLength;
        if (header.CompressedLength < 0 || header.CompressedLength > _end - start || header.UncompressedLength < 0)
        {
            throw new MalformedDataException("PQT-3.1", where, $"{header.CompressedLength} bytes ({header.UncompressedLength} before compression) from byte {start}; the column ends at {_end}");
        }
        if (header.ValueCount < 0) { throw new MalformedDataException("PQT-3.1", where, $"{header.ValueCount} values"); }
        if (Math.Max(header.UncompressedLength, header.CompressedLength) > ParquetLimits.Page)
        {
            throw new UnsupportedDataException("PQT-1.5", where, $"a page of {header.UncompressedLength} bytes; up to {ParquetLimits.Page} are read");
        }
        var bytes = new byte[header.CompressedLength];
        file.ReadExactly(start, bytes);
        _position = start + bytes.Length;
        return new ParquetRawPage(header, bytes, where);
    }

    ParquetPageHeader Header(string where, out int length)
    {
        for (var size = (int)Math.Min(FirstWindow, _end - _position); ; size = (int)Math.Min(size * 16L, _end - _position))
        {
            var window = new byte[size];
            file.ReadExactly(_position, window);
            if (ParquetPageHeader.TryParse(window, where, out var header, out length)) { return header; }
            if (size >= _end - _position || size > LargestHeader) { throw new MalformedDataException("PQT-3.1", where, $"the page's header goes beyond byte {_position + size}"); }
        }
    }
}
