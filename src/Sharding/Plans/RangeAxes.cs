using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Plans;

/// <summary>The axes of a data range: how long they are, how far apart neighbours lie, and which is the slowest.</summary>
static class RangeAxes
{
    // Copies share these: there are as many copies as boxes, and nearly all have their axes in order.
    static readonly int[][] s_natural = [.. Enumerable.Range(0, 9).Select(static count => Enumerable.Range(0, count).ToArray())];
    static readonly long[][] s_ones = [.. Enumerable.Range(0, 9).Select(static count => Enumerable.Repeat(1L, count).ToArray())];

    /// <summary>The shape of a range's boxes put together.</summary>
    internal static Shape Shape(TensorTarget target, DataRange range)
    {
        var first = target.Boxes[range.Box];
        if (range.Joined is null) { return first.Shape; }
        var size = first.Size.ToArray();
        foreach (var other in range.Joined)
        {
            var box = target.Boxes[other];
            for (var axis = 0; axis < size.Length; axis++)
            {
                if (axis != range.JoinAxis && box.Size[axis] != size[axis]) { throw new ArgumentException($"boxes {first} and {box} of {target.Name} cannot be joined along axis {range.JoinAxis}", nameof(range)); }
            }
            size[range.JoinAxis] += box.Size[range.JoinAxis];
        }
        return new Shape(size);
    }

    /// <summary>Elements between neighbours of a range, per stored axis.</summary>
    internal static long[] Strides(Shape shape, IReadOnlyList<int>? order)
    {
        var strides = shape.RowMajorStrides();
        if (order is not null)
        {
            var step = 1L;
            for (var i = order.Count - 1; i >= 0; i--)
            {
                strides[order[i]] = step;
                step *= shape[order[i]];
            }
        }
        return strides;
    }

    /// <summary>Places in <paramref name="axes"/>, from the widest stride to the narrowest; nearly always as they are.</summary>
    internal static int[] SlowestFirst(int[] axes, long[] strides)
    {
        var natural = axes.Length < s_natural.Length;
        for (var i = 1; natural && i < axes.Length; i++) { natural = strides[axes[i - 1]] >= strides[axes[i]]; }
        if (natural) { return s_natural[axes.Length]; }
        var order = new int[axes.Length];
        for (var i = 0; i < order.Length; i++)
        {
            var at = i;
            for (; at > 0 && strides[axes[order[at - 1]]] < strides[axes[i]]; at--) { order[at] = order[at - 1]; }
            order[at] = i;
        }
        return order;
    }

    /// <summary>As many ones as there are axes, where <see cref="SlowestFirst"/> left them as they were; else null.</summary>
    internal static long[]? Ones(int[] order) => order.Length < s_natural.Length && ReferenceEquals(order, s_natural[order.Length]) ? s_ones[order.Length] : null;
}
