using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Boxes;

/// <summary>A box whose elements follow each other in the row-major order of its tensor.</summary>
/// <param name="Box">The box.</param>
/// <param name="First">Row-major place of its first element in the tensor.</param>
public readonly record struct RunBox(Box Box, long First);

/// <summary>Cuts runs of a row-major tensor into boxes: the ends of a run are parts of rows, what lies between is whole ones.</summary>
public static class RowMajorRuns
{
    /// <summary>
    /// The boxes that make up the elements [first, first + count) of a tensor, in order: at most one less than twice its axes.
    /// </summary>
    public static IReadOnlyList<RunBox> Boxes(Shape shape, long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, shape.Count - first);
        var boxes = new List<RunBox>();
        var strides = shape.RowMajorStrides();
        var end = first + count;
        while (first < end)
        {
            // The outermost axis of which whole indices begin here and fit.
            var axis = 0;
            while (axis < shape.Rank && (first % strides[axis] != 0 || end - first < strides[axis])) { axis++; }
            // Not past the end of the axis: what follows begins a new index of the axis outside, which may be whole.
            var many = axis == shape.Rank ? 1 : Math.Min((end - first) / strides[axis], shape[axis] - (first / strides[axis] % shape[axis]));
            boxes.Add(new RunBox(BoxAt(shape, strides, first, axis, many), first));
            first += axis == shape.Rank ? 1 : many * strides[axis];
        }
        return boxes;
    }

    static Box BoxAt(Shape shape, long[] strides, long first, int axis, long many)
    {
        var offset = new long[shape.Rank];
        var size = new long[shape.Rank];
        for (var i = 0; i < shape.Rank; i++)
        {
            offset[i] = first / strides[i] % shape[i];
            size[i] = i < axis ? 1 : i == axis ? many : shape[i];
        }
        return new Box(offset, size);
    }
}
