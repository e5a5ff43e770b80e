using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Regular grids of chunks: which to use for a tensor, and whether boxes are one. Pure.</summary>
public static class ZarrGrid
{
    /// <summary>
    /// The chunk shape to cut a tensor into so that no chunk has more bytes than a limit, where that can be: leading axes are cut to one index each
    /// where asked, then the outermost axes are divided. Sizes are divisors of the axis where one is near, so that no chunk is padded.
    /// </summary>
    /// <param name="shape">The tensor.</param>
    /// <param name="dtype">Its elements.</param>
    /// <param name="maxBytes">Bytes of a chunk at most, from 1.</param>
    /// <param name="leadingAxes">How many of the first axes (layers, experts) to cut to size 1 in any case.</param>
    public static Shape ChunkShape(Shape shape, DType dtype, long maxBytes, int leadingAxes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        var chunk = shape.ToArray();
        for (var axis = 0; axis < chunk.Length; axis++) { chunk[axis] = axis < leadingAxes ? 1 : Math.Max(1, chunk[axis]); }
        for (var axis = leadingAxes; axis < chunk.Length; axis++)
        {
            var inner = Bytes(chunk.AsSpan(axis + 1), dtype);
            var most = inner >= (ulong)maxBytes ? 1 : (long)((ulong)maxBytes / inner);
            if (most >= chunk[axis]) { break; }
            chunk[axis] = DivisorNear(chunk[axis], most);
            if (chunk[axis] > 1) { break; }
        }
        return new Shape(chunk);
    }

    /// <summary>The boxes of a grid, in row-major order; those at the end of an axis may be smaller.</summary>
    public static IReadOnlyList<Box> Boxes(Shape shape, Shape chunk)
    {
        if (shape.Rank != chunk.Rank || chunk.Dims.Contains(0)) { throw new ArgumentException($"chunks {chunk} for shape {shape}", nameof(chunk)); }
        if (shape.Count == 0) { return []; }
        var boxes = new List<Box>();
        var offset = new long[shape.Rank];
        while (true)
        {
            var size = new long[shape.Rank];
            for (var i = 0; i < size.Length; i++) { size[i] = Math.Min(chunk[i], shape[i] - offset[i]); }
            boxes.Add(new Box((long[])offset.Clone(), size));
            var axis = shape.Rank - 1;
            for (; axis >= 0 && (offset[axis] += chunk[axis]) >= shape[axis]; axis--) { offset[axis] = 0; }
            if (axis < 0) { return boxes; }
        }
    }

    /// <summary>The chunk shape of boxes that are a whole regular grid, in whatever order; null where they are not.</summary>
    public static Shape? Of(Shape shape, IReadOnlyList<Box> boxes)
    {
        var chunk = new long[shape.Rank];
        Array.Fill(chunk, 1);
        foreach (var box in boxes)
        {
            if (box.Rank != shape.Rank || !box.IsInside(shape)) { return null; }
            for (var axis = 0; axis < chunk.Length; axis++) { chunk[axis] = Math.Max(chunk[axis], box.Size[axis]); }
        }
        Int128 elements = 0;
        var corners = new HashSet<Shape>();
        foreach (var box in boxes)
        {
            if (box.Volume == 0) { continue; }
            for (var axis = 0; axis < chunk.Length; axis++)
            {
                if (box.Offset[axis] % chunk[axis] != 0 || box.Size[axis] != Math.Min(chunk[axis], shape[axis] - box.Offset[axis])) { return null; }
            }
            if (!corners.Add(new Shape(box.Offset.ToArray()))) { return null; }
            elements += box.Volume;
        }
        return elements == shape.Count ? new Shape(chunk) : null;
    }

    /// <summary>
    /// How many chunks to put into one shard along each axis, from the innermost outwards, so that no shard has more bytes than a limit and each axis
    /// is divided without rest where that can be.
    /// </summary>
    internal static Shape ShardShape(Shape shape, Shape chunk, DType dtype, long maxBytes)
    {
        var shard = chunk.ToArray();
        for (var axis = shard.Length - 1; axis >= 0; axis--)
        {
            var grid = shape[axis] == 0 ? 1 : ((shape[axis] - 1) / chunk[axis]) + 1;
            var most = Math.Max(1, (long)((ulong)maxBytes / Math.Max(1, Bytes(shard, dtype))));
            shard[axis] = chunk[axis] * (most >= grid ? grid : DivisorNear(grid, most));
            if (most < grid) { break; }
        }
        return new Shape(shard);
    }

    /// <summary>The largest divisor up to <paramref name="most"/>, if it is at least half of that; else <paramref name="most"/> itself.</summary>
    static long DivisorNear(long size, long most)
    {
        for (var divisor = most; divisor > 0 && divisor >= most / 2 && most - divisor < 4096; divisor--)
        {
            if (size % divisor == 0) { return divisor; }
        }
        return most;
    }

    static ulong Bytes(ReadOnlySpan<long> sizes, DType dtype)
    {
        UInt128 bytes = (uint)Math.Max(1, dtype.ByteSize());
        foreach (var size in sizes) { bytes = bytes > long.MaxValue ? bytes : bytes * (ulong)size; }
        return bytes > long.MaxValue ? long.MaxValue : (ulong)bytes;
    }
}
