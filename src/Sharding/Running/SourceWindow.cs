using Ckpt.Formats.IO;

namespace Ckpt.Sharding.Running;

/// <summary>A stretch of a source held in memory, moved forward as reads ask for it.</summary>
sealed class SourceWindow(int capacity)
{
    /// <summary>A gap up to this is cheaper copied over than jumped (measured: a call costs about as much as copying 2 KiB).</summary>
    const int NearBytes = 2048;

    readonly byte[] _bytes = new byte[capacity];
    long _start;
    long _end;
    long _limit;
    long _last;
    IByteSource? _source;

    internal int Capacity => _bytes.Length;

    internal IByteSource Source => _source!;

    /// <summary>Reads from here on are of <paramref name="source"/>, none past <paramref name="limit"/>.</summary>
    internal void Attach(IByteSource source, long limit)
    {
        if (!ReferenceEquals(source, _source)) { _start = _end = _last = 0; }
        (_source, _limit) = (source, limit);
    }

    /// <summary>Announces reads, none past what the attached region holds.</summary>
    internal void WillNeed(long offset, long length) => Source.WillNeed(offset, Math.Min(length, _limit - offset));

    /// <summary>
    /// As <see cref="Read"/>, where the next run may lie far away: unless the bytes are here, or the run before ended close by, they are read alone.
    /// </summary>
    internal ReadOnlySpan<byte> ReadShort(long offset, int count)
    {
        if (offset >= _start && offset + count <= _end) { return _bytes.AsSpan((int)(offset - _start), count); }
        var near = offset >= _last && offset - _last <= NearBytes;
        _last = offset + count;
        if (near) { return Read(offset, count); }
        Source.ReadExactly(offset, _bytes.AsSpan(0, count));
        (_start, _end) = (offset, offset + count);
        return _bytes.AsSpan(0, count);
    }

    /// <summary>The bytes [offset, offset + count), valid until the next call; at most <see cref="Capacity"/>.</summary>
    internal ReadOnlySpan<byte> Read(long offset, int count)
    {
        if (offset < _start || offset + count > _end)
        {
            var length = (int)Math.Min(_bytes.Length, Math.Max(count, _limit - offset));
            Source.ReadExactly(offset, _bytes.AsSpan(0, length));
            (_start, _end) = (offset, offset + length);
        }
        return _bytes.AsSpan((int)(offset - _start), count);
    }
}
