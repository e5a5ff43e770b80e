namespace Ckpt.Data.Parquet;

/// <summary>What bounds the memory that a file can ask for (PQT-1.5).</summary>
static class ParquetLimits
{
    /// <summary>Bytes of a footer.</summary>
    internal const int Footer = 512 << 20;

    /// <summary>Bytes of one page, before or after compression.</summary>
    internal const int Page = 256 << 20;

    /// <summary>Bytes of the pages and dictionaries that all columns hold at one time.</summary>
    internal const long OpenPages = 2L << 30;

    /// <summary>Bytes of one row, where each value counts <see cref="Value"/> more than its own.</summary>
    internal const long Row = 512L << 20;

    /// <summary>What a value costs besides its bytes.</summary>
    internal const int Value = 64;
}
