using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.Torch;

/// <summary>Reads a pickle byte by byte through a window, so that its length is no matter.</summary>
sealed class PickleCursor
{
#if DEBUG
    const int WindowSize = 64;
#else
    const int WindowSize = 1 << 16;
#endif
    readonly IByteSource _source;
    readonly byte[] _window;
    long _windowStart;
    int _filled;
    int _at;

    internal PickleCursor(IByteSource source)
    {
        _source = source;
        _window = new byte[Math.Min(WindowSize, Math.Max(8, source.Length))];
    }

    internal string Name => _source.Name;

    internal long Position => _windowStart + _at;

    internal long Left => _source.Length - Position;

    internal void Seek(long position)
    {
        if (position >= _windowStart && position <= _windowStart + _filled)
        {
            _at = (int)(position - _windowStart);
            return;
        }
        (_windowStart, _filled, _at) = (position, 0, 0);
    }

    internal byte Byte()
    {
        if (_at == _filled) { Fill(1); }
        return _window[_at++];
    }

    internal ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Small(2));

    internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Small(4));

    internal uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Small(4));

    internal ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Small(8));

    internal double DoubleBigEndian() => BinaryPrimitives.ReadDoubleBigEndian(Small(8));

    /// <summary>Moves past bytes that must be there.</summary>
    internal void Skip(ulong count)
    {
        if (count > (ulong)Left) { Throw.PastEnd(this, count); }
        Seek(Position + (long)count);
    }

    internal byte[] Bytes(ulong count, int limit)
    {
        if (count > (ulong)Left) { Throw.PastEnd(this, count); }
        if (count > (ulong)limit) { Throw.TooLong(this, count, limit); }
        var bytes = new byte[(int)count];
        if (bytes.Length <= _filled - _at)
        {
            _window.AsSpan(_at, bytes.Length).CopyTo(bytes);
            _at += bytes.Length;
        }
        else
        {
            _source.ReadExactly(Position, bytes);
            Seek(Position + bytes.Length);
        }
        return bytes;
    }

    internal string Text(ulong count, int limit)
    {
        if (count > (ulong)Left) { Throw.PastEnd(this, count); }
        if (count <= (ulong)(_filled - _at))
        {
            var place = Position;
            var span = _window.AsSpan(_at, (int)count);
            _at += (int)count;
            return PickleText.Decode(span, Name, place);
        }
        var start = Position;
        return PickleText.Decode(Bytes(count, limit), Name, start);
    }

    /// <summary>The bytes up to a newline, which is passed as well.</summary>
    internal byte[] Line(int limit)
    {
        var start = Position;
        while (Left > 0)
        {
            if (_at == _filled) { Fill(1); }
            var newline = _window.AsSpan(_at, _filled - _at).IndexOf((byte)'\n');
            if (newline < 0) { _at = _filled; continue; }
            var length = Position + newline - start;
            Seek(start);
            var line = Bytes((ulong)length, limit);
            Seek(start + length + 1);
            return line;
        }
        Throw.NoNewline(this, start);
        return [];
    }

    ReadOnlySpan<byte> Small(int count)
    {
        if (_filled - _at < count) { Fill(count); }
        _at += count;
        return _window.AsSpan(_at - count, count);
    }

    void Fill(int count)
    {
        var position = Position;
        if (count > _source.Length - position) { Throw.PastEnd(this, (ulong)count); }
        var length = (int)Math.Min(_window.Length, _source.Length - position);
        _source.ReadExactly(position, _window.AsSpan(0, length));
        (_windowStart, _filled, _at) = (position, length, 0);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void PastEnd(PickleCursor at, ulong count) => throw new MalformedCheckpointException(
            "TOR-1.3", at.Name, $"{count} bytes announced at byte {at.Position} of the pickle, {at.Left} are left");

        [DoesNotReturn]
        internal static void NoNewline(PickleCursor at, long start) => throw new MalformedCheckpointException(
            "TOR-1.3", at.Name, $"the line that starts at byte {start} of the pickle has no end");

        [DoesNotReturn]
        internal static void TooLong(PickleCursor at, ulong count, int limit) => throw new UnsupportedCheckpointException(
            "TOR-1.10", at.Name, $"one value of {count} bytes at byte {at.Position} of the pickle, at most {limit} are read");
    }
}
