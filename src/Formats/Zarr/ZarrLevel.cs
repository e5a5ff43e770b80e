using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>
/// One level of chunks: how the elements of a chunk are arranged, and, where it is a shard, the level below.
/// </summary>
sealed class ZarrLevel
{
    ZarrLevel(ZarrPipeline pipeline, DType dtype, long[] stored, int[] axes)
    {
        (Pipeline, Stored, Axes) = (pipeline, new Shape(stored), axes);
        Bytes = dtype.ByteLength(Stored.Count);
        var steps = Stored.RowMajorStrides();
        Strides = new long[axes.Length];
        Sizes = new long[axes.Length];
        for (var i = 0; i < axes.Length; i++) { (Strides[axes[i]], Sizes[axes[i]]) = (steps[i], stored[i]); }
        if (pipeline.Sharding is { } sharding)
        {
            Inner = Of(sharding.Chunks, dtype, sharding.ChunkShape, axes);
            Grid = new long[axes.Length];
            for (var i = 0; i < axes.Length; i++) { Grid[i] = stored[i] / sharding.ChunkShape[i]; }
        }
    }

    /// <summary>How a chunk of this level becomes bytes.</summary>
    internal ZarrPipeline Pipeline { get; }

    /// <summary>A chunk as it is stored, the outermost axis first.</summary>
    internal Shape Stored { get; }

    /// <summary>Which axis of the tensor each stored axis is.</summary>
    internal int[] Axes { get; }

    /// <summary>Bytes of a chunk before encoding.</summary>
    internal long Bytes { get; }

    /// <summary>Elements between neighbours in a chunk, for each axis of the tensor.</summary>
    internal long[] Strides { get; }

    /// <summary>A chunk's size along each axis of the tensor.</summary>
    internal long[] Sizes { get; }

    /// <summary>The chunks that this one is made of, where it is a shard.</summary>
    internal ZarrLevel? Inner { get; }

    /// <summary>How many of them lie along each stored axis.</summary>
    internal long[] Grid { get; } = [];

    /// <summary>The innermost level.</summary>
    internal ZarrLevel Leaf => Inner?.Leaf ?? this;

    /// <summary>The level of an array's chunks.</summary>
    internal static ZarrLevel Of(ZarrArray array) => Of(array.Pipeline, array.DType, array.ChunkShape, [.. Enumerable.Range(0, array.ChunkShape.Rank)]);

    /// <summary>A level of chunks of this shape along these axes of the tensor, before they are reordered.</summary>
    static ZarrLevel Of(ZarrPipeline pipeline, DType dtype, Shape shape, int[] axes)
    {
        var (stored, ordered) = (new long[axes.Length], new int[axes.Length]);
        for (var i = 0; i < axes.Length; i++)
        {
            var from = pipeline.Order?[i] ?? i;
            (stored[i], ordered[i]) = (shape[from], axes[from]);
        }
        return new ZarrLevel(pipeline, dtype, stored, ordered);
    }

    /// <summary>The elements of the tensor in a chunk of this level that begins at an origin; null where it lies wholly past the tensor's end.</summary>
    internal Box? BoxAt(ReadOnlySpan<long> origin, Shape shape)
    {
        var (offset, size) = (origin.ToArray(), new long[origin.Length]);
        for (var axis = 0; axis < size.Length; axis++)
        {
            if (offset[axis] >= shape[axis]) { return null; }
            size[axis] = Math.Min(Sizes[axis], shape[axis] - offset[axis]);
        }
        return new Box(offset, size);
    }
}
