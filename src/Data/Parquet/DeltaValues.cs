using System.Buffers.Binary;

namespace Ckpt.Data.Parquet;

/// <summary>DELTA_BINARY_PACKED integers of 4 or 8 bytes.</summary>
sealed class DeltaValues(DeltaCursor numbers, int width) : IParquetValues
{
    readonly byte[] _value = new byte[8];

    public ReadOnlySpan<byte> Next()
    {
        BinaryPrimitives.WriteInt64LittleEndian(_value, numbers.Next());
        return _value.AsSpan(0, width);
    }
}
