namespace Ckpt.Data.Parquet;

/// <summary>DELTA_BINARY_PACKED, read one number at a time.</summary>
sealed class DeltaCursor
{
    readonly ReadOnlyMemory<byte> _bytes;
    readonly string _where;
    readonly int _miniblocks;
    readonly int _perMiniblock;
    readonly byte[] _widths;
    int _position;
    int _miniblock;
    int _inMiniblock;
    long _bit;
    long _minimum;
    long _value;
    long _given;

    internal DeltaCursor(ReadOnlyMemory<byte> bytes, string where)
    {
        (_bytes, _where) = (bytes, where);
        var block = Bits.Varint(bytes.Span, ref _position, where);
        var miniblocks = Bits.Varint(bytes.Span, ref _position, where);
        var count = Bits.Varint(bytes.Span, ref _position, where);
        if (miniblocks == 0 || block > int.MaxValue || miniblocks > block || block % miniblocks != 0 || block / miniblocks % 8 != 0 || count > int.MaxValue
            || miniblocks > (ulong)bytes.Length && count > 1)
        {
            throw new MalformedDataException("PQT-3.5", where, $"{count} delta values in blocks of {block} cut into {miniblocks}");
        }
        (_miniblocks, _perMiniblock, Count) = ((int)Math.Min(miniblocks, (ulong)bytes.Length), (int)(block / miniblocks), (int)count);
        _value = ZigZag();
        _widths = new byte[_miniblocks];
        (_miniblock, _inMiniblock) = (_miniblocks, _perMiniblock);
    }

    /// <summary>Values that the header announces.</summary>
    internal int Count { get; }

    /// <summary>The next number; sums wrap as the format says.</summary>
    internal long Next()
    {
        if (_given >= Count) { throw new MalformedDataException("PQT-3.5", _where, $"more than the {Count} delta values announced are wanted"); }
        if (_given++ == 0) { return _value; }
        if (_inMiniblock == _perMiniblock) { BeginMiniblock(); }
        _inMiniblock++;
        var width = _widths[_miniblock];
        _value = unchecked(_value + _minimum + (long)Bits.Read(_bytes.Span, _bit, width, _where));
        _bit += width;
        return _value;
    }

    /// <summary>Where the values end, found without reading them: miniblocks that hold none have no bytes.</summary>
    internal static int EndOf(ReadOnlyMemory<byte> bytes, string where)
    {
        var walk = new DeltaCursor(bytes, where);
        for (var left = walk.Count - 1L; left > 0; left -= walk._perMiniblock) { walk.BeginMiniblock(); }
        walk.EndMiniblock();
        return walk._position;
    }

    void BeginMiniblock()
    {
        EndMiniblock();
        if (++_miniblock >= _miniblocks)
        {
            _minimum = ZigZag();
            if (_miniblocks > _bytes.Length - _position) { throw new MalformedDataException("PQT-3.5", _where, $"a block of delta values begins at byte {_position} of {_bytes.Length}"); }
            _bytes.Span.Slice(_position, _miniblocks).CopyTo(_widths);
            _position += _miniblocks;
            _miniblock = 0;
        }
        if (_widths[_miniblock] > 64) { throw new MalformedDataException("PQT-3.5", _where, $"delta values of {_widths[_miniblock]} bits"); }
        (_inMiniblock, _bit) = (0, (long)_position * 8);
    }

    // The bytes of a miniblock are all there, even where fewer values are.
    void EndMiniblock()
    {
        if (_miniblock >= _miniblocks) { return; }
        var end = _position + ((long)_perMiniblock * _widths[_miniblock] / 8);
        if (end > _bytes.Length) { throw new MalformedDataException("PQT-3.5", _where, $"delta values go on to byte {end} of {_bytes.Length}"); }
        _position = (int)end;
    }

    long ZigZag()
    {
        var value = Bits.Varint(_bytes.Span, ref _position, _where);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
