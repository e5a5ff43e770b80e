namespace Ckpt.Data.Parquet;

/// <summary>Indices into a dictionary.</summary>
sealed class DictionaryValues(ParquetDictionary dictionary, RleCursor indices, string where) : IParquetValues
{
    public ReadOnlySpan<byte> Next() => dictionary[indices.Next(), where];
}
