namespace Ckpt.Data.Parquet;

/// <summary>RLE booleans.</summary>
sealed class RunValues(RleCursor runs) : IParquetValues
{
    readonly byte[] _value = new byte[1];

    public ReadOnlySpan<byte> Next()
    {
        _value[0] = (byte)runs.Next();
        return _value;
    }
}
