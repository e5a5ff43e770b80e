namespace Ckpt.Data.Parquet;

/// <summary>The values of a page, read one at a time, each as its stored bytes.</summary>
interface IParquetValues
{
    /// <summary>The next value; the span lives until the next call.</summary>
    ReadOnlySpan<byte> Next();
}
