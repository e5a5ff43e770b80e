namespace Ckpt.Formats.IO;

/// <summary>Bytes in memory.</summary>
public sealed class MemoryByteSource(string name, ReadOnlyMemory<byte> bytes) : IByteSource
{
    public string Name { get; } = name;

    public long Length => bytes.Length;

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > bytes.Length - destination.Length)
        {
            throw new EndOfStreamException($"{Name}: {destination.Length} bytes wanted at {offset}, there are {bytes.Length}");
        }
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
    }
}

/// <summary>A range of another source, seen as a source of its own.</summary>
public sealed class SliceByteSource : IByteSource
{
    readonly IByteSource _inner;
    readonly long _offset;

    /// <summary>The bytes [offset, offset + length) of <paramref name="inner"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie inside it.</exception>
    public SliceByteSource(IByteSource inner, long offset, long length, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, inner.Length - length);
        (_inner, _offset, Length, Name) = (inner, offset, length, name);
    }

    public string Name { get; }

    public long Length { get; }

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
        {
            throw new EndOfStreamException($"{Name}: {destination.Length} bytes wanted at {offset}, there are {Length}");
        }
        _inner.ReadExactly(_offset + offset, destination);
    }

    public void WillNeed(long offset, long length) => _inner.WillNeed(_offset + offset, length);
}
