using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Ckpt.Data.IO;

namespace Ckpt.Data.Parquet;

/// <summary>
/// Reads the rows of a Parquet file as JSON objects. Opening reads the footer; rows are put together one at a time, with one page of each
/// column in memory (parquet-format 2.11).
/// </summary>
public sealed class ParquetReader : IDisposable
{
    const int Tail = 8; // the footer's length and the magic
    static ReadOnlySpan<byte> Magic => "PAR1"u8;
    static ReadOnlySpan<byte> EncryptedMagic => "PARE"u8;

    readonly DataFileSource _file;
    readonly ParquetFooter _footer;

    ParquetReader(DataFileSource file, ParquetFooter footer) => (_file, _footer) = (file, footer);

    /// <summary>Rows of the file.</summary>
    public long RowCount => _footer.RowCount;

    /// <summary>Fields of a row, in file order.</summary>
    public IReadOnlyList<string> Columns => [.. _footer.Root.Children.Select(c => c.Name)];

    /// <summary>Opens a file and reads its footer.</summary>
    /// <exception cref="DataFormatException">It is none, or one that is not read.</exception>
    public static ParquetReader Open(string path)
    {
        var file = new DataFileSource(path);
        try { return new ParquetReader(file, Footer(file)); }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The rows from the first to the last; of the fields named only, where some are (others are not even read).</summary>
    public IEnumerable<JsonObject> Rows(IReadOnlyCollection<string>? columns = null)
    {
        var fields = _footer.Root.Children.Where(f => columns is null || columns.Contains(f.Name)).ToList();
        var row = 0L;
        foreach (var group in _footer.RowGroups)
        {
            if (group.RowCount == 0) { continue; }
            var open = new ParquetColumn?[_footer.Leaves.Count];
            var budget = new ParquetPageBudget();
            foreach (var field in fields)
            {
                for (var i = field.FirstLeaf; i < field.LeafEnd; i++) { open[i] = new ParquetColumn(_file, group.Chunks[i], _footer.Leaves[i], budget); }
            }
            var rows = new ParquetRows(fields, open, _file.Name);
            for (var i = 0L; i < group.RowCount; i++) { yield return rows.Next(++row); }
            rows.End(group.RowCount);
        }
    }

    public void Dispose() => _file.Dispose();

    static ParquetFooter Footer(DataFileSource file)
    {
        if (file.Length < Magic.Length + Tail) { throw new MalformedDataException("PQT-1.1", file.Name, $"{file.Length} bytes; a Parquet file has at least {Magic.Length + Tail}"); }
        Span<byte> head = stackalloc byte[4];
        Span<byte> tail = stackalloc byte[Tail];
        file.ReadExactly(0, head);
        file.ReadExactly(file.Length - Tail, tail);
        if (tail[4..].SequenceEqual(EncryptedMagic)) { throw new UnsupportedDataException("PQT-1.4", file.Name, "the file is encrypted"); }
        if (!head.SequenceEqual(Magic) || !tail[4..].SequenceEqual(Magic)) { throw new MalformedDataException("PQT-1.1", file.Name, "the file does not begin and end with PAR1: it is no Parquet file, or is cut short"); }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (length > file.Length - Tail - Magic.Length) { throw new MalformedDataException("PQT-1.2", file.Name, $"a footer of {length} bytes in a file of {file.Length}"); }
        if (length > ParquetLimits.Footer) { throw new UnsupportedDataException("PQT-1.5", file.Name, $"a footer of {length} bytes; up to {ParquetLimits.Footer} are read"); }
        var bytes = new byte[length];
        var offset = file.Length - Tail - length;
        file.ReadExactly(offset, bytes);
        return ParquetFooterParser.Parse(bytes, offset, file.Name);
    }
}
