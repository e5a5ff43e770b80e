namespace Ckpt.Data.Parquet;

/// <summary>How a value is stored (<c>Type</c> of parquet.thrift).</summary>
enum ParquetPhysical
{
    Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLengthByteArray,
}

/// <summary>How often a field occurs (<c>FieldRepetitionType</c>).</summary>
enum ParquetRepetition
{
    Required, Optional, Repeated,
}

/// <summary>How a page is compressed (<c>CompressionCodec</c>).</summary>
enum ParquetCodec
{
    Uncompressed, Snappy, Gzip, Lzo, Brotli, Lz4, Zstd, Lz4Raw,
}

/// <summary>How values lie in a page (<c>Encoding</c>; 1 was never used).</summary>
enum ParquetEncoding
{
    Plain = 0, PlainDictionary = 2, Rle = 3, BitPacked = 4, DeltaBinaryPacked = 5, DeltaLengthByteArray = 6, DeltaByteArray = 7, RleDictionary = 8, ByteStreamSplit = 9,
}

/// <summary>What a page is (<c>PageType</c>).</summary>
enum ParquetPageKind
{
    Data, Index, Dictionary, DataV2,
}

/// <summary>What a stored value stands for: converted and logical types in one.</summary>
enum ParquetMeaningKind
{
    Plain, Text, List, Map, Decimal, Date, Time, Timestamp, Unsigned, Uuid, Float16, Interval, Bson, Unknown,
}

/// <summary>A meaning and its parameter: digits after the point of a decimal, units in a second of a time.</summary>
readonly record struct ParquetMeaning(ParquetMeaningKind Kind, int Parameter = 0, bool IsUtc = false);
