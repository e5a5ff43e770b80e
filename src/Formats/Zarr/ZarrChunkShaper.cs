using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Makes a whole chunk of the elements of a tensor that lie in it: those at the tensor's end are padded with zeros, bytes put into their order. Pure.</summary>
static class ZarrChunkShaper
{
    /// <summary>Whether a box's bytes are the chunk's as they are.</summary>
    internal static bool IsAsStored(ZarrLevel leaf, Box box, int unit) => !Pads(leaf, box) && (!leaf.Pipeline.BigEndian || unit == 1);

    /// <summary>The chunk of a box.</summary>
    /// <param name="leaf">How chunks are stored.</param>
    /// <param name="box">The elements of the tensor in it.</param>
    /// <param name="packed">Their bytes, in stored axes.</param>
    /// <param name="elementBytes">Bytes of an element.</param>
    /// <param name="unit">Bytes that are reversed together.</param>
    internal static ReadOnlyMemory<byte> Chunk(ZarrLevel leaf, Box box, ReadOnlyMemory<byte> packed, int elementBytes, int unit)
    {
        if (IsAsStored(leaf, box, unit)) { return packed; }
        var chunk = new byte[leaf.Bytes];
        if (Pads(leaf, box))
        {
            var sizes = new long[leaf.Axes.Length];
            for (var i = 0; i < sizes.Length; i++) { sizes[i] = box.Size[leaf.Axes[i]]; }
            Spread(leaf.Stored.Dims, sizes, packed.Span, chunk, elementBytes);
        }
        else { packed.CopyTo(chunk); }
        if (leaf.Pipeline.BigEndian) { Endianness.Swap(chunk, unit); }
        return chunk;
    }

    static bool Pads(ZarrLevel leaf, Box box)
    {
        for (var axis = 0; axis < box.Rank; axis++)
        {
            if (box.Size[axis] != leaf.Sizes[axis]) { return true; }
        }
        return false;
    }

    /// <summary>Copies rows of a packed box to where they lie in the chunk.</summary>
    static void Spread(ReadOnlySpan<long> chunkSizes, long[] sizes, ReadOnlySpan<byte> packed, Span<byte> chunk, int elementBytes)
    {
        var row = (int)(sizes[^1] * elementBytes);
        var index = new long[sizes.Length];
        while (true)
        {
            var place = 0L;
            for (var axis = 0; axis < sizes.Length; axis++) { place = (place * chunkSizes[axis]) + index[axis]; }
            packed[..row].CopyTo(chunk[(int)(place * elementBytes)..]);
            packed = packed[row..];
            var k = sizes.Length - 2;
            for (; k >= 0 && ++index[k] == sizes[k]; k--) { index[k] = 0; }
            if (k < 0) { return; }
        }
    }
}
