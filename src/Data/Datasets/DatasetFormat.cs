namespace Ckpt.Data.Datasets;

/// <summary>How the rows of a file are written.</summary>
public enum DatasetFormat
{
    JsonLines, Json, Csv, Text, Parquet,
}
