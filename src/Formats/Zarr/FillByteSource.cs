using Ckpt.Formats.IO;

namespace Ckpt.Formats.Zarr;

/// <summary>One element again and again: what a chunk that is not stored consists of.</summary>
sealed class FillByteSource(string name, byte[] element, long length) : IByteSource
{
    public string Name => name;

    public long Length => length;

    public void ReadExactly(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > length - destination.Length) { throw new EndOfStreamException($"{name}: {destination.Length} bytes wanted at {offset}, there are {length}"); }
        if (!element.AsSpan().ContainsAnyExcept((byte)0)) { destination.Clear(); return; }
        var first = Math.Min(element.Length, destination.Length);
        for (var i = 0; i < first; i++) { destination[i] = element[(int)((offset + i) % element.Length)]; }
        // What is there is repeated, twice as much each time.
        for (var done = first; done < destination.Length; done *= 2)
        {
            destination[..Math.Min(done, destination.Length - done)].CopyTo(destination[done..]);
        }
    }
}
