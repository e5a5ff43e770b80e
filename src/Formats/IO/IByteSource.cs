namespace Ckpt.Formats.IO;

/// <summary>Bytes that can be read at any place, from several threads at once.</summary>
public interface IByteSource
{
    /// <summary>The name used in messages.</summary>
    string Name { get; }

    /// <summary>Bytes there are.</summary>
    long Length { get; }

    /// <summary>Fills all of <paramref name="destination"/> with the bytes from <paramref name="offset"/>.</summary>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    void ReadExactly(long offset, Span<byte> destination);

    /// <summary>
    /// Says that these bytes will be read soon, so that a disk can begin; past the end is allowed. Sources that cannot do nothing.
    /// </summary>
    void WillNeed(long offset, long length) { }
}
