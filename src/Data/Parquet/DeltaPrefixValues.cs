namespace Ckpt.Data.Parquet;

/// <summary>DELTA_BYTE_ARRAY: how much of the value before is kept, then what follows it.</summary>
sealed class DeltaPrefixValues : IParquetValues
{
    readonly DeltaCursor _prefixes;
    readonly DeltaLengthValues _suffixes;
    readonly string _where;
    byte[] _value = new byte[256];
    int _length;

    internal DeltaPrefixValues(ReadOnlyMemory<byte> bytes, string where)
    {
        _where = where;
        _prefixes = new DeltaCursor(bytes, where);
        _suffixes = new DeltaLengthValues(bytes[DeltaCursor.EndOf(bytes, where)..], where);
    }

    public ReadOnlySpan<byte> Next()
    {
        var prefix = _prefixes.Next();
        if (prefix < 0 || prefix > _length) { throw new MalformedDataException("PQT-3.5", _where, $"{prefix} bytes are to be kept of a value of {_length}"); }
        var suffix = _suffixes.Next();
        // No value is longer than all suffixes together, so the buffer is bounded by the page.
        _length = (int)prefix + suffix.Length;
        if (_length > _value.Length) { Array.Resize(ref _value, (int)Math.Min(Array.MaxLength, Math.Max(_length, 2L * _value.Length))); }
        suffix.CopyTo(_value.AsSpan((int)prefix));
        return _value.AsSpan(0, _length);
    }
}
