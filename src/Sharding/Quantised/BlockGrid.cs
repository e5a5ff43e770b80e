using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Quantised;

/// <summary>
/// How a tensor is cut into blocks of one scale each: its last two axes are rows and columns, all axes before count matrices. The last block of
/// a row or column may be cut short.
/// </summary>
public readonly record struct BlockGrid(long Matrices, long Rows, long Columns, long BlockRows, long BlockColumns)
{
    /// <summary>The grid of a tensor of at least one axis; one axis is a single row.</summary>
    public static BlockGrid Of(Shape shape, long blockRows, long blockColumns)
    {
        ArgumentOutOfRangeException.ThrowIfZero(shape.Rank, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfLessThan(blockRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockColumns, 1);
        var rows = shape.Rank > 1 ? shape.Dims[^2] : 1;
        var matrices = shape.Rank > 2 ? new Shape(shape.Dims[..^2].ToArray()).Count : 1;
        return new BlockGrid(matrices, rows, shape.Dims[^1], blockRows, blockColumns);
    }

    /// <summary>One block that is all of the tensor.</summary>
    public static BlockGrid Single(Shape shape)
    {
        var columns = Math.Max(1, shape.Rank > 0 ? shape.Dims[^1] : 1);
        var rows = shape.Count / columns;
        return new BlockGrid(1, rows, columns, Math.Max(1, rows), columns);
    }

    /// <summary>Rows of scales of one matrix.</summary>
    public long ScaleRows => Blocks(Rows, BlockRows);

    /// <summary>Scales of one row of scales.</summary>
    public long ScaleColumns => Blocks(Columns, BlockColumns);

    /// <summary>All scales.</summary>
    public Int128 ScaleCount => (Int128)Matrices * ScaleRows * ScaleColumns;

    /// <summary>The row of scales that a row of elements, counted through all matrices, is scaled by.</summary>
    public long ScaleRow(long row)
    {
        var (matrix, inside) = Math.DivRem(row, Rows);
        return (matrix * ScaleRows) + (inside / BlockRows);
    }

    /// <summary>The shape of the scales of a tensor cut into such blocks: its last two axes divided, rounding up.</summary>
    public static Shape ScaleShape(Shape shape, long blockRows, long blockColumns)
    {
        var dims = shape.ToArray();
        dims[^1] = Blocks(dims[^1], blockColumns);
        if (dims.Length > 1) { dims[^2] = Blocks(dims[^2], blockRows); }
        return new Shape(dims);
    }

    internal static long Blocks(long size, long block) => (size / block) + (size % block == 0 ? 0 : 1);
}
