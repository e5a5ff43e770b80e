using Ckpt.Formats.Tensors;
using Ckpt.Kit;

namespace Ckpt.PropertyTests.Layouts;

/// <summary>An array whose elements are their own numbers, taken apart the plain way.</summary>
sealed record NumberArray(Shape Shape, long[] Numbers)
{
    internal static NumberArray Of(Shape shape) => new(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(number => (long)number)]);

    /// <summary>Some indices of an axis.</summary>
    internal NumberArray Take(int axis, long from, long count)
    {
        var dims = Shape.ToArray();
        dims[axis] = count;
        var strides = Shape.RowMajorStrides();
        var numbers = MemoryCheckpoint.Indices(new Shape(dims)).Select(index => Numbers[index.Select((at, i) => (at + (i == axis ? from : 0)) * strides[i]).Sum()]);
        return new NumberArray(new Shape(dims), [.. numbers]);
    }

    /// <summary>Without the first axis, which has one index.</summary>
    internal NumberArray Drop() => new(new Shape(Shape.Dims[1..].ToArray()), Numbers);

    /// <summary>More rows, of −1.</summary>
    internal NumberArray Pad(long rows)
    {
        var dims = Shape.ToArray();
        dims[0] = rows;
        var shape = new Shape(dims);
        return new NumberArray(shape, [.. Numbers, .. Enumerable.Repeat(-1L, (int)shape.Count - Numbers.Length)]);
    }

    /// <summary>One behind the other along an axis.</summary>
    internal static NumberArray Concat(int axis, IReadOnlyList<NumberArray> parts)
    {
        var dims = parts[0].Shape.ToArray();
        dims[axis] = parts.Sum(part => part.Shape[axis]);
        var shape = new Shape(dims);
        var numbers = MemoryCheckpoint.Indices(shape).Select(index =>
        {
            foreach (var part in parts)
            {
                if (index[axis] < part.Shape[axis])
                {
                    var strides = part.Shape.RowMajorStrides();
                    return part.Numbers[index.Select((at, i) => at * strides[i]).Sum()];
                }
                index[axis] -= part.Shape[axis];
            }
            throw new InvalidOperationException("past the last part");
        });
        return new NumberArray(shape, [.. numbers]);
    }
}
