namespace Ckpt.Data.Datasets;

/// <summary>A file of rows.</summary>
public sealed record DatasetFile(string Path, DatasetFormat Format)
{
    /// <summary>The format that a file's extension stands for, or null.</summary>
    internal static DatasetFormat? FormatOf(string path) => System.IO.Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".jsonl" or ".ndjson" => DatasetFormat.JsonLines,
        ".json" => DatasetFormat.Json,
        ".csv" => DatasetFormat.Csv,
        ".txt" => DatasetFormat.Text,
        ".parquet" => DatasetFormat.Parquet,
        _ => null,
    };
}
