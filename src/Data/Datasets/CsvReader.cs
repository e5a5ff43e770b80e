using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Ckpt.Data.Datasets;

/// <summary>The records of a CSV file (RFC 4180) under the names of its first record. Every value is text.</summary>
static class CsvReader
{
    /// <summary>The rows; a record of another number of fields is a row that is a fault.</summary>
    internal static IEnumerable<DatasetRow> Rows(Stream stream, string where)
    {
        string[]? names = null;
        foreach (var (line, fields, fault) in Records(stream, where))
        {
            if (fault is not null) { yield return new DatasetRow(where, line, new MalformedDataException("DAT-2.5", $"{where}:{line}", fault)); }
            else if (names is null)
            {
                names = [.. fields];
                var twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
                if (twice is not null) { throw new MalformedDataException("DAT-2.5", $"{where}:{line}", $"the column '{twice.Key}' stands twice"); }
            }
            else if (fields.Count != names.Length)
            {
                yield return new DatasetRow(where, line, new MalformedDataException("DAT-2.5", $"{where}:{line}", $"{fields.Count} fields under {names.Length} names"));
            }
            else
            {
                var row = new JsonObject();
                for (var i = 0; i < names.Length; i++) { row[names[i]] = fields[i]; }
                yield return new DatasetRow(where, line, row);
            }
        }
    }

    // A record goes over several lines inside quotes; as quotes in a field are doubled, an odd number of them is an open one.
    static IEnumerable<(long Line, IReadOnlyList<string> Fields, string? Fault)> Records(Stream stream, string where)
    {
        var record = new List<byte>();
        var (begins, isOpen) = (1L, false);
        foreach (var (line, bytes) in LineReader.Lines(stream, where))
        {
            if (isOpen) { record.Add((byte)'\n'); }
            else { begins = line; }
            record.AddRange(bytes);
            if (record.Count > ByteWindow.LargestRow) { throw new UnsupportedDataException("DAT-2.4", $"{where}:{begins}", $"a row of more than {ByteWindow.LargestRow} bytes: is a quote not closed?"); }
            isOpen ^= bytes.Count(b => b == '"') % 2 == 1;
            if (isOpen) { continue; }
            if (record.Count > 0) { yield return Record(begins, [.. record]); }
            record.Clear();
        }
        if (isOpen) { yield return (begins, [], "a quote is not closed before the file ends"); }
    }

    static (long Line, IReadOnlyList<string> Fields, string? Fault) Record(long line, byte[] bytes)
    {
        if (!Utf8.IsValid(bytes)) { return (line, [], "the record is not UTF-8"); }
        var text = Encoding.UTF8.GetString(bytes);
        var fields = new List<string>();
        for (var at = 0; ;)
        {
            if (at < text.Length && text[at] == '"')
            {
                var field = new StringBuilder();
                for (at++; ; at++)
                {
                    var quote = text.IndexOf('"', at);
                    if (quote < 0) { return (line, [], "a quote is not closed"); }
                    field.Append(text, at, quote - at);
                    at = quote + 1;
                    if (at == text.Length || text[at] != '"') { break; }
                    field.Append('"');
                }
                fields.Add(field.ToString());
                if (at < text.Length && text[at] != ',') { return (line, [], $"'{text[at]}' behind a closing quote"); }
            }
            else
            {
                var end = text.IndexOf(',', at);
                fields.Add(end < 0 ? text[at..] : text[at..end]);
                at = end < 0 ? text.Length : end;
            }
            if (at == text.Length) { return (line, fields, null); }
            at++;
        }
    }
}
