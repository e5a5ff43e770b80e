using Ckpt.Formats.IO;

namespace Ckpt.Formats.Zarr;

/// <summary>A range of another source, seen with the bytes of each element in the other order.</summary>
/// <param name="inner">What is stored.</param>
/// <param name="start">Where the first element begins.</param>
/// <param name="length">Bytes, whole elements.</param>
/// <param name="size">Bytes of an element, or of a complex one's half: 2, 4 or 8.</param>
sealed class SwappedByteSource(IByteSource inner, long start, long length, int size) : IByteSource
{
    public string Name => inner.Name;

    public long Length => length;

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > length - destination.Length) { throw new EndOfStreamException($"{Name}: {destination.Length} bytes wanted at {offset}, there are {length}"); }
        var skip = (int)(offset % size);
        var odd = (skip + destination.Length) % size;
        if (skip == 0 && odd == 0)
        {
            inner.ReadExactly(start + offset, destination);
            Endianness.Swap(destination, size);
            return;
        }
        var whole = new byte[skip + destination.Length + (odd == 0 ? 0 : size - odd)]; // nobody who reads elements does so
        inner.ReadExactly(start + offset - skip, whole);
        Endianness.Swap(whole, size);
        whole.AsSpan(skip, destination.Length).CopyTo(destination);
    }

    public void WillNeed(long offset, long length) => inner.WillNeed(start + offset, length);
}
