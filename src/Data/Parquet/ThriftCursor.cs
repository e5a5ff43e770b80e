namespace Ckpt.Data.Parquet;

/// <summary>
/// Walks bytes of Thrift's compact protocol, the form of Parquet's footer and page headers. Running out of bytes is remembered in
/// <see cref="IsShort"/> instead of thrown: a page header is read from a window that may have to grow.
/// </summary>
ref struct ThriftCursor(ReadOnlySpan<byte> bytes, string where)
{
    // Parquet's own structures are six deep; what nests further is skipped over, and nobody needs this much.
    const int Deepest = 64;

    readonly ReadOnlySpan<byte> _bytes = bytes;
    int _position;

    /// <summary>Bytes were wanted that are not there; everything read since is empty.</summary>
    internal bool IsShort { get; private set; }

    internal readonly int Position => _position;

    /// <summary>Steps to the next field of a struct; false at its end.</summary>
    internal bool Field(ref int id, out ThriftType type)
    {
        var head = Byte();
        type = (ThriftType)(head & 15);
        if (IsShort || type == ThriftType.Stop) { return false; }
        id = head >> 4 == 0 ? (int)ZigZag() : id + (head >> 4);
        return !IsShort;
    }

    /// <summary>An integer of any width.</summary>
    internal long Integer(ThriftType type)
    {
        if (type == ThriftType.Byte) { return (sbyte)Byte(); }
        if (type is ThriftType.Short or ThriftType.Int or ThriftType.Long) { return ZigZag(); }
        throw Wrong(type, "a whole number");
    }

    /// <summary>An integer that must fit 32 bits.</summary>
    internal int Int32(ThriftType type)
    {
        var value = Integer(type);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value
            : throw new MalformedDataException("PQT-1.3", where, $"{value} at byte {_position} of the metadata does not fit 32 bits");
    }

    /// <summary>A boolean field, whose value is its type.</summary>
    internal readonly bool Boolean(ThriftType type) => type is ThriftType.True or ThriftType.False ? type == ThriftType.True : throw Wrong(type, "a truth value");

    /// <summary>Bytes with their length in front.</summary>
    internal ReadOnlySpan<byte> Binary(ThriftType type)
    {
        if (type != ThriftType.Binary) { throw Wrong(type, "text"); }
        return Take(Varint());
    }

    /// <summary>The head of a list: how many elements follow, each at least one byte.</summary>
    internal int List(ThriftType type, out ThriftType element)
    {
        if (type is not (ThriftType.List or ThriftType.Set)) { throw Wrong(type, "a list"); }
        var head = Byte();
        element = (ThriftType)(head & 15);
        var count = head >> 4 == 15 ? Varint() : (ulong)(head >> 4);
        if (count > (ulong)(_bytes.Length - _position)) { IsShort = true; }
        return IsShort ? 0 : (int)count;
    }

    /// <summary>Requires a struct here; its fields follow.</summary>
    internal readonly void Struct(ThriftType type)
    {
        if (type != ThriftType.Struct) { throw Wrong(type, "a struct"); }
    }

    /// <summary>Steps over a value of any type.</summary>
    internal void Skip(ThriftType type) => Skip(type, 0, inList: false);

    void Skip(ThriftType type, int depth, bool inList)
    {
        if (depth > Deepest) { throw new MalformedDataException("PQT-1.3", where, $"the metadata nests deeper than {Deepest} at byte {_position}"); }
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                if (inList) { Byte(); } // alone, the type is the value; in a list each has a byte
                break;
            case ThriftType.Byte: Byte(); break;
            case ThriftType.Short or ThriftType.Int or ThriftType.Long: Varint(); break;
            case ThriftType.Double: Take(sizeof(double)); break;
            case ThriftType.Uuid: Take(16); break;
            case ThriftType.Binary: Take(Varint()); break;
            case ThriftType.List or ThriftType.Set:
                for (var left = List(type, out var element); left > 0 && !IsShort; left--) { Skip(element, depth + 1, inList: true); }
                break;
            case ThriftType.Map: SkipMap(depth); break;
            case ThriftType.Struct:
                for (var id = 0; Field(ref id, out var field);) { Skip(field, depth + 1, inList: false); }
                break;
            default: throw Wrong(type, "a type of Thrift");
        }
    }

    void SkipMap(int depth)
    {
        var count = Varint();
        if (count == 0) { return; }
        var types = Byte();
        if (count > (ulong)(_bytes.Length - _position)) { IsShort = true; }
        for (; count > 0 && !IsShort; count--)
        {
            Skip((ThriftType)(types >> 4), depth + 1, inList: true);
            Skip((ThriftType)(types & 15), depth + 1, inList: true);
        }
    }

    byte Byte()
    {
        if (_position < _bytes.Length) { return _bytes[_position++]; }
        IsShort = true;
        return 0;
    }

    ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= shift < 64 ? (ulong)(next & 127) << shift : 0;
            if (next < 128) { return value; }
        }
        throw new MalformedDataException("PQT-1.3", where, $"a number of more than ten bytes before byte {_position} of the metadata");
    }

    long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _position)) { IsShort = true; }
        if (IsShort) { return []; }
        var taken = _bytes.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }

    readonly MalformedDataException Wrong(ThriftType type, string wanted) =>
        new("PQT-1.3", where, $"{wanted} is wanted before byte {_position} of the metadata, there is {type}");
}
