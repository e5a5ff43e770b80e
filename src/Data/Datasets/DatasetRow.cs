using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>A row as it was found: its place, and its fields once asked for, so that parsing can be done by another thread than reading.</summary>
public sealed class DatasetRow
{
    readonly ReadOnlyMemory<byte> _json;
    readonly JsonObject? _value;
    readonly DataFormatException? _fault;

    internal DatasetRow(string file, long line, ReadOnlyMemory<byte> json) => (File, Line, _json, Length) = (file, line, json, json.Length);

    internal DatasetRow(string file, long line, JsonObject value) => (File, Line, _value) = (file, line, value);

    internal DatasetRow(string file, long line, DataFormatException fault) => (File, Line, _fault) = (file, line, fault);

    /// <summary>The file it lies in.</summary>
    public string File { get; }

    /// <summary>The line it begins at, from 1; of a Parquet file the row.</summary>
    public long Line { get; }

    /// <summary>The place for messages.</summary>
    public string Where => $"{File}:{Line}";

    /// <summary>Bytes of text that it was read from, where it was read from text.</summary>
    public int Length { get; }

    /// <summary>The fields.</summary>
    /// <exception cref="DataFormatException">The row is none; the message says the file and the line.</exception>
    public JsonObject Read() => _fault is not null ? throw _fault : _value ?? JsonRowParser.Parse(_json.Span, Where);
}
