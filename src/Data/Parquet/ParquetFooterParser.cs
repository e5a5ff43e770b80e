using Ckpt.Data.IO;

namespace Ckpt.Data.Parquet;

/// <summary>Reads a footer's bytes (<c>FileMetaData</c> of parquet.thrift) and checks them against the file's length.</summary>
static class ParquetFooterParser
{
    // The four bytes of "PAR1" that a file begins with.
    const int Magic = 4;

    /// <summary>The footer in <paramref name="bytes"/>, which begin at <paramref name="footerOffset"/> of the file.</summary>
    internal static ParquetFooter Parse(ReadOnlySpan<byte> bytes, long footerOffset, string where)
    {
        var cursor = new ThriftCursor(bytes, where);
        var elements = new List<ParquetSchemaElement>();
        var groups = new List<ParquetRowGroup>();
        var rows = 0L;
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            switch (id)
            {
                case 2:
                    for (var left = cursor.List(field, out var item); left > 0 && !cursor.IsShort; left--)
                    {
                        cursor.Struct(item);
                        elements.Add(ParquetSchemaParser.Element(ref cursor));
                    }
                    break;
                case 3: rows = cursor.Integer(field); break;
                case 4:
                    for (var left = cursor.List(field, out var item); left > 0 && !cursor.IsShort; left--)
                    {
                        cursor.Struct(item);
                        groups.Add(RowGroup(ref cursor, where));
                    }
                    break;
                case 8: throw new UnsupportedDataException("PQT-1.4", where, "the file is encrypted");
                default: cursor.Skip(field); break;
            }
        }
        if (cursor.IsShort) { throw new MalformedDataException("PQT-1.3", where, $"the footer of {bytes.Length} bytes ends inside a structure"); }

        var leaves = new List<ParquetField>();
        var root = ParquetSchemaParser.Tree(elements, leaves, where);
        foreach (var group in groups) { Check(group, leaves, footerOffset, where); }
        var total = groups.Sum(g => (decimal)g.RowCount);
        return total == rows ? new ParquetFooter(root, leaves, groups, rows)
            : throw new MalformedDataException("PQT-2.2", where, $"the file announces {rows} rows, its row groups {total}");
    }

    static void Check(ParquetRowGroup group, List<ParquetField> leaves, long footerOffset, string where)
    {
        if (group.Chunks.Count != leaves.Count) { throw new MalformedDataException("PQT-2.2", where, $"a row group has {group.Chunks.Count} columns, the schema {leaves.Count}"); }
        if (group.RowCount < 0) { throw new MalformedDataException("PQT-2.2", where, $"a row group has {group.RowCount} rows"); }
        for (var i = 0; i < leaves.Count; i++)
        {
            var (chunk, leaf) = (group.Chunks[i], leaves[i]);
            if (chunk.Type != leaf.Type) { throw new MalformedDataException("PQT-2.2", where, $"column {Named.Text(leaf.Name)} is {leaf.Type} in the schema, {chunk.Type} in a row group"); }
            // A column without values has no pages, and writers put any offset there.
            if (chunk.ValueCount == 0) { continue; }
            if (chunk.Offset < Magic || chunk.Length < 0 || chunk.Offset > footerOffset || chunk.Length > footerOffset - chunk.Offset || chunk.ValueCount < 0)
            {
                throw new MalformedDataException("PQT-2.2", where, $"column {Named.Text(leaf.Name)}: {chunk.ValueCount} values in {chunk.Length} bytes at {chunk.Offset}; the data end at {footerOffset}");
            }
        }
    }

    static ParquetRowGroup RowGroup(ref ThriftCursor cursor, string where)
    {
        var chunks = new List<ParquetChunk>();
        var rows = 0L;
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            if (id == 1)
            {
                for (var left = cursor.List(field, out var item); left > 0 && !cursor.IsShort; left--)
                {
                    cursor.Struct(item);
                    chunks.Add(Chunk(ref cursor, where));
                }
            }
            else if (id == 3) { rows = cursor.Integer(field); }
            else { cursor.Skip(field); }
        }
        return new ParquetRowGroup(rows, chunks);
    }

    static ParquetChunk Chunk(ref ThriftCursor cursor, string where)
    {
        var chunk = default(ParquetChunk?);
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            switch (id)
            {
                case 1 when cursor.Binary(field).Length > 0:
                    throw new UnsupportedDataException("PQT-1.4", where, "a column lies in another file");
                case 1: break;
                case 3:
                    cursor.Struct(field);
                    chunk = Metadata(ref cursor, where);
                    break;
                case 8: throw new UnsupportedDataException("PQT-1.4", where, "a column is encrypted");
                default: cursor.Skip(field); break;
            }
        }
        return chunk ?? (cursor.IsShort ? default : throw new MalformedDataException("PQT-2.2", where, "a column of a row group has no metadata"));
    }

    static ParquetChunk Metadata(ref ThriftCursor cursor, string where)
    {
        var (type, codec, values, length, data, dictionary) = (-1, 0, 0L, 0L, 0L, 0L);
        for (var id = 0; cursor.Field(ref id, out var field);)
        {
            switch (id)
            {
                case 1: type = cursor.Int32(field); break;
                case 4: codec = cursor.Int32(field); break;
                case 5: values = cursor.Integer(field); break;
                case 7: length = cursor.Integer(field); break;
                case 9: data = cursor.Integer(field); break;
                case 11: dictionary = cursor.Integer(field); break;
                default: cursor.Skip(field); break;
            }
        }
        if (type is < 0 or > 7 && !cursor.IsShort) { throw new MalformedDataException("PQT-2.2", where, $"a column of a row group has type {type}; allowed are 0 to 7"); }
        // Old writers leave the dictionary's offset 0, or set it behind the data where there is none.
        var start = dictionary > 0 && dictionary < data ? dictionary : data;
        return new ParquetChunk((ParquetPhysical)type, (ParquetCodec)codec, values, start, length);
    }
}
