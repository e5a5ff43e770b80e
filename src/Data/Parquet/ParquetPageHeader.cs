namespace Ckpt.Data.Parquet;

/// <summary>What stands before a page's bytes.</summary>
readonly record struct ParquetPageHeader(ParquetPageKind Kind, int UncompressedLength, int CompressedLength, int ValueCount, ParquetEncoding Encoding)
{
    /// <summary>How definition levels of a version 1 page lie.</summary>
    internal ParquetEncoding DefinitionEncoding { get; init; }

    /// <summary>How repetition levels of a version 1 page lie.</summary>
    internal ParquetEncoding RepetitionEncoding { get; init; }

    /// <summary>Bytes of repetition levels of a version 2 page, which are not compressed.</summary>
    internal int RepetitionLength { get; init; }

    /// <summary>Bytes of definition levels of a version 2 page, which follow them.</summary>
    internal int DefinitionLength { get; init; }

    /// <summary>Whether the values are compressed (version 2 may leave them).</summary>
    internal bool IsCompressed { get; init; }

    /// <summary>Reads a header; false where the bytes end inside it.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, string where, out ParquetPageHeader header, out int length)
    {
        var cursor = new ThriftCursor(bytes, where);
        header = new ParquetPageHeader { IsCompressed = true, DefinitionEncoding = ParquetEncoding.Rle, RepetitionEncoding = ParquetEncoding.Rle };
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            switch (id)
            {
                case 1: header = header with { Kind = (ParquetPageKind)cursor.Int32(field) }; break;
                case 2: header = header with { UncompressedLength = cursor.Int32(field) }; break;
                case 3: header = header with { CompressedLength = cursor.Int32(field) }; break;
                case 5 or 7: header = OfValues(ref cursor, field, header, hasLevels: id == 5); break;
                case 8: header = OfValues2(ref cursor, field, header); break;
                default: cursor.Skip(field); break;
            }
        }
        length = cursor.Position;
        return !cursor.IsShort;
    }

    // DataPageHeader {1 values, 2 encoding, 3 and 4 encodings of levels} and DictionaryPageHeader {1 values, 2 encoding}.
    static ParquetPageHeader OfValues(ref ThriftCursor cursor, ThriftType type, ParquetPageHeader header, bool hasLevels)
    {
        cursor.Struct(type);
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            switch (id)
            {
                case 1: header = header with { ValueCount = cursor.Int32(field) }; break;
                case 2: header = header with { Encoding = (ParquetEncoding)cursor.Int32(field) }; break;
                case 3 when hasLevels: header = header with { DefinitionEncoding = (ParquetEncoding)cursor.Int32(field) }; break;
                case 4 when hasLevels: header = header with { RepetitionEncoding = (ParquetEncoding)cursor.Int32(field) }; break;
                default: cursor.Skip(field); break;
            }
        }
        return header;
    }

    // DataPageHeaderV2 {1 values, 2 nulls, 3 rows, 4 encoding, 5 bytes of definition levels, 6 of repetition levels, 7 compressed}.
    static ParquetPageHeader OfValues2(ref ThriftCursor cursor, ThriftType type, ParquetPageHeader header)
    {
        cursor.Struct(type);
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            switch (id)
            {
                case 1: header = header with { ValueCount = cursor.Int32(field) }; break;
                case 4: header = header with { Encoding = (ParquetEncoding)cursor.Int32(field) }; break;
                case 5: header = header with { DefinitionLength = cursor.Int32(field) }; break;
                case 6: header = header with { RepetitionLength = cursor.Int32(field) }; break;
                case 7: header = header with { IsCompressed = cursor.Boolean(field) }; break;
                default: cursor.Skip(field); break;
            }
        }
        return header;
    }
}
