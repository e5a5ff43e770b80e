using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.PropertyTests.Models;

/// <summary>Maps applied element by element, without any thought for speed.</summary>
static class Elements
{
    /// <summary>Every element of a side, each with a number of its own.</summary>
    internal static Dictionary<string, int[]> Numbered(MapSide side)
    {
        var next = 1;
        return side.Tensors.ToDictionary(tensor => tensor.Name, tensor => Enumerable.Range(0, (int)tensor.Shape.Count).Select(_ => next++).ToArray());
    }

    /// <summary>What the right side holds when the left one holds this; zero where no link reaches.</summary>
    internal static Dictionary<string, int[]> Apply(TensorMap map, Dictionary<string, int[]> left)
    {
        var right = map.Right.Tensors.ToDictionary(tensor => tensor.Name, tensor => new int[tensor.Shape.Count]);
        foreach (var link in map.Links)
        {
            var (from, to) = (map.Left.Tensors[link.Left], map.Right.Tensors[link.Right]);
            foreach (var (source, target) in Positions(link.LeftBox, from.Shape).Zip(Beside(link, to.Shape)))
            {
                right[to.Name][target] = left[from.Name][source];
            }
        }
        return right;
    }

    /// <summary>How often links and paddings reach each element of the left side.</summary>
    internal static Dictionary<string, int[]> Coverage(TensorMap map)
    {
        var count = map.Left.Tensors.ToDictionary(tensor => tensor.Name, tensor => new int[tensor.Shape.Count]);
        var boxes = map.Links.Select(link => (link.Left, link.LeftBox)).Concat(map.Left.Paddings.Select(padding => (padding.Tensor, padding.Box)));
        foreach (var (tensor, box) in boxes)
        {
            var (name, shape) = (map.Left.Tensors[tensor].Name, map.Left.Tensors[tensor].Shape);
            if (!box.IsInside(shape)) { throw new InvalidOperationException($"{box} is not inside {name} {shape}"); }
            foreach (var position in Positions(box, shape)) { count[name][position]++; }
        }
        return count;
    }

    // The right elements in the order of the left box.
    static IEnumerable<int> Beside(Link link, Shape shape)
    {
        if (link.Axes is not { } axes) { return Positions(link.RightBox, shape); }
        var order = axes.Where(axis => axis >= 0).ToArray();
        var rest = Enumerable.Range(0, link.RightBox.Rank).Except(order).ToArray();
        var all = rest.Concat(order).ToArray();
        var strides = shape.RowMajorStrides();
        return Boxed(0, 0);

        IEnumerable<int> Boxed(int depth, long position) => depth == all.Length
            ? [(int)position]
            : Enumerable.Range(0, (int)link.RightBox.Size[all[depth]]).SelectMany(i => Boxed(depth + 1, position + ((link.RightBox.Offset[all[depth]] + i) * strides[all[depth]])));
    }

    static IEnumerable<int> Positions(Box box, Shape shape)
    {
        var strides = shape.RowMajorStrides();
        var volume = box.Volume;
        for (var i = 0L; i < volume; i++)
        {
            var (rest, position) = (i, 0L);
            for (var axis = box.Rank - 1; axis >= 0; axis--)
            {
                position += (box.Offset[axis] + (rest % box.Size[axis])) * strides[axis];
                rest /= box.Size[axis];
            }
            yield return (int)position;
        }
    }
}
