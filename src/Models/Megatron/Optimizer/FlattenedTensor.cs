using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>
/// Tensors that Megatron-core up to 0.15 stored flattened: each cell of the parallel grid row-major along one last axis, which data parallel
/// ranks cut anywhere (<c>nd_reformulated</c>). Source: core/dist_checkpointing/strategies/resharding.py.
/// </summary>
static class FlattenedTensor
{
    const long MostCells = 1 << 20;

    /// <summary>Whether a stored shape is that of a flattened tensor of this original shape.</summary>
    internal static bool IsFlattened(Shape stored, Shape original)
    {
        if (stored.Rank != original.Rank + 1) { return false; }
        Int128 local = 1;
        for (var axis = 0; axis < original.Rank; axis++)
        {
            if (stored[axis] == 0 || original[axis] % stored[axis] != 0) { return false; }
            local *= original[axis] / stored[axis];
            if (local > long.MaxValue) { return false; }
        }
        return local == stored.Dims[^1];
    }

    /// <summary>The tensor in its own shape, made of pieces of the stored boxes.</summary>
    /// <exception cref="MalformedCheckpointException">STA-2.2: the stored shape is not one of the original, flattened.</exception>
    /// <exception cref="UnsupportedCheckpointException">STA-2.5: there are more cells than are looked at.</exception>
    internal static RunTensor View(ICheckpointReader reader, TensorInfo stored, string name, Shape original)
    {
        if (!IsFlattened(stored.Shape, original)) { Throw.Shape(stored, original); }
        var grid = stored.Shape.Dims[..^1];
        var local = new long[original.Rank];
        for (var axis = 0; axis < local.Length; axis++) { local[axis] = original[axis] / grid[axis]; }
        var (runs, boxes) = (new List<StoredRun>(stored.Boxes.Count), new List<BoxInRun>());
        var cells = 0L;
        for (var i = 0; i < stored.Boxes.Count; i++)
        {
            runs.Add(StoredRun.Of(reader, stored, i));
            var box = stored.Boxes[i].Box;
            var many = new Shape(box.Size[..^1].ToArray());
            cells += many.Count;
            if (cells > MostCells) { Throw.Cells(stored); }
            Add(boxes, i, box, many, new Shape(local));
        }
        return new RunTensor(name, stored.DType, original, runs, boxes);
    }

    /// <summary>The boxes of one stored box: it holds the same run of each cell it spans, one cell after the other.</summary>
    static void Add(List<BoxInRun> boxes, int run, Box stored, Shape cells, Shape local)
    {
        var (first, count) = (stored.Offset[^1], stored.Size[^1]);
        var pieces = RowMajorRuns.Boxes(local, first, count);
        var strides = local.RowMajorStrides();
        var cell = new long[cells.Rank];
        for (var number = 0L; number < cells.Count; number++)
        {
            var rest = number;
            for (var axis = cell.Length - 1; axis >= 0; axis--)
            {
                (rest, var index) = Math.DivRem(rest, cells[axis]);
                cell[axis] = stored.Offset[axis] + index;
            }
            foreach (var piece in pieces)
            {
                var offset = piece.Box.Offset.ToArray();
                for (var axis = 0; axis < offset.Length; axis++) { offset[axis] += cell[axis] * local[axis]; }
                boxes.Add(new BoxInRun(new Box(offset, piece.Box.Size.ToArray()), run, (number * count) + piece.First - first, strides));
            }
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Shape(TensorInfo stored, Shape original) => throw new MalformedCheckpointException(
            "STA-2.2", stored.Name, $"stored as {stored.Shape}, which is no flattened {original}: the last axis should hold a cell, and the others count the cells along each axis");

        [DoesNotReturn]
        internal static void Cells(TensorInfo stored) => throw new UnsupportedCheckpointException(
            "STA-2.5", stored.Name, $"{stored.Shape} is cut into more than {MostCells} cells");
    }
}
