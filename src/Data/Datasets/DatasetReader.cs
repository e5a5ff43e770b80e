using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Ckpt.Data.Parquet;

namespace Ckpt.Data.Datasets;

/// <summary>Reads the rows of a file one after the other, in memory that does not grow with the file.</summary>
public static class DatasetReader
{
    /// <summary>The rows from the first to the last. A row that is broken is given, and says so when it is read.</summary>
    /// <param name="file">What to read.</param>
    /// <param name="advance">Told how many bytes of the file are behind, if the caller wants to know.</param>
    /// <exception cref="DataFormatException">The file cannot be read on.</exception>
    public static IEnumerable<DatasetRow> Rows(DatasetFile file, Action<long>? advance = null)
    {
        if (file.Format == DatasetFormat.Parquet) { return ParquetRows(file.Path, advance); }
        return TextRows(file, advance);
    }

    /// <summary>The rows of several files.</summary>
    public static IEnumerable<DatasetRow> Rows(IEnumerable<DatasetFile> files, Action<long>? advance = null) => files.SelectMany(f => Rows(f, advance));

    static IEnumerable<DatasetRow> ParquetRows(string path, Action<long>? advance)
    {
        using var reader = ParquetReader.Open(path);
        var (length, row, told) = (new FileInfo(path).Length, 0L, 0L);
        foreach (var value in reader.Rows())
        {
            row++;
            var behind = (long)((decimal)length * row / reader.RowCount);
            advance?.Invoke(behind - told);
            told = behind;
            yield return new DatasetRow(path, row, value);
        }
    }

    static IEnumerable<DatasetRow> TextRows(DatasetFile file, Action<long>? advance)
    {
        using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        var told = 0L;
        foreach (var row in RowsOf(file.Format, stream, file.Path))
        {
            advance?.Invoke(stream.Position - told);
            told = stream.Position;
            yield return row;
        }
    }

    /// <summary>The rows of a stream of text.</summary>
    internal static IEnumerable<DatasetRow> RowsOf(DatasetFormat format, Stream stream, string where) => format switch
    {
        DatasetFormat.Json => JsonArrayReader.Elements(stream, where).Select(e => new DatasetRow(where, e.Line, e.Bytes)),
        DatasetFormat.Csv => CsvReader.Rows(stream, where),
        DatasetFormat.Text => LineReader.Lines(stream, where).Select(l => TextRow(where, l.Line, l.Bytes)),
        _ => LineReader.Lines(stream, where).Where(l => l.Bytes.AsSpan().ContainsAnyExcept(" \t"u8)).Select(l => new DatasetRow(where, l.Line, l.Bytes)),
    };

    static DatasetRow TextRow(string where, long line, byte[] bytes) => Utf8.IsValid(bytes)
        ? new DatasetRow(where, line, new JsonObject { ["text"] = Encoding.UTF8.GetString(bytes) })
        : new DatasetRow(where, line, new MalformedDataException("DAT-2.6", $"{where}:{line}", "the line is not UTF-8"));
}
