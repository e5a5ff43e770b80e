namespace Ckpt.Data.Parquet;

/// <summary>PLAIN booleans: a bit each.</summary>
sealed class BitValues(ReadOnlyMemory<byte> bytes, string where) : IParquetValues
{
    readonly byte[] _value = new byte[1];
    long _bit;

    public ReadOnlySpan<byte> Next()
    {
        _value[0] = (byte)Bits.Read(bytes.Span, _bit++, 1, where);
        return _value;
    }
}
