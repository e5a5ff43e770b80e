using System.Buffers.Binary;
using System.Numerics;

namespace Ckpt.Data.Parquet;

/// <summary>Parquet's hybrid of runs and bit-packed groups, read one number at a time: a run of any length costs no memory.</summary>
sealed class RleCursor(ReadOnlyMemory<byte> bytes, int bitWidth, string where)
{
    readonly ReadOnlyMemory<byte> _bytes = bytes;
    int _position;
    long _left;
    bool _isPacked;
    long _bit;
    uint _value;

    /// <summary>Bits that hold numbers up to this one.</summary>
    internal static int WidthOf(int highest) => 32 - BitOperations.LeadingZeroCount((uint)highest);

    /// <summary>The next number.</summary>
    internal int Next()
    {
        while (_left == 0) { BeginRun(); }
        _left--;
        if (!_isPacked) { return (int)_value; }
        var value = Bits.Read(_bytes.Span, _bit, bitWidth, where);
        _bit += bitWidth;
        if (_left == 0) { _position = (int)Math.Min(_bit >> 3, _bytes.Length); }
        return (int)(uint)value;
    }

    void BeginRun()
    {
        var bytes = _bytes.Span;
        var head = Bits.Varint(bytes, ref _position, where);
        _isPacked = (head & 1) != 0;
        if (head >> 1 > int.MaxValue) { throw new MalformedDataException("PQT-3.5", where, $"a run of {head >> 1} values"); }
        if (_isPacked)
        {
            // The bytes of the last group may be cut where no value is in them; each value checks its own.
            (_left, _bit) = ((long)(head >> 1) * 8, (long)_position * 8);
            return;
        }
        _left = (long)(head >> 1);
        var length = (bitWidth + 7) / 8;
        if (length > bytes.Length - _position) { throw new MalformedDataException("PQT-3.5", where, $"a run ends after byte {bytes.Length}, where its levels or indices do"); }
        Span<byte> word = stackalloc byte[4];
        word.Clear();
        bytes.Slice(_position, length).CopyTo(word);
        _value = BinaryPrimitives.ReadUInt32LittleEndian(word);
        _position += length;
    }
}
