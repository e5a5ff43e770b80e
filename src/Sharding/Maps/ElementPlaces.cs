using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Sharding.Maps;

/// <summary>An element of a tensor, by its index on each axis of the stored shape.</summary>
public sealed record ElementPlace(string Name, IReadOnlyList<long> Index)
{
    public override string ToString() => $"{Name}[{string.Join(", ", Index)}]";

    /// <summary>The place of a row-major number.</summary>
    public static ElementPlace Of(string name, Shape shape, long element)
    {
        var index = new long[shape.Rank];
        for (var axis = index.Length - 1; axis >= 0; axis--) { (element, index[axis]) = Math.DivRem(element, Math.Max(1, shape[axis])); }
        return new ElementPlace(name, index);
    }
}

/// <summary>Tells where an element of a map's right side lies on its left side.</summary>
public sealed class ElementPlaces
{
    readonly TensorMap _map;
    readonly Dictionary<string, int> _right = new(StringComparer.Ordinal);
    readonly ILookup<int, Link> _links;

    /// <summary>Of a map.</summary>
    public ElementPlaces(TensorMap map)
    {
        _map = map;
        for (var i = 0; i < map.Right.Tensors.Count; i++) { _right.Add(map.Right.Tensors[i].Name, i); }
        _links = map.Links.ToLookup(static link => link.Right);
    }

    /// <summary>The left element that the row-major <paramref name="element"/> of a right tensor is; null where it is padding.</summary>
    public ElementPlace? Left(string name, long element)
    {
        var right = _right[name];
        var index = ElementPlace.Of(name, _map.Right.Tensors[right].Shape, element).Index;
        var one = new long[index.Count];
        Array.Fill(one, 1);
        var point = new Box([.. index], one);
        foreach (var link in _links[right])
        {
            if (link.RightBox.Rank != point.Rank || !link.RightBox.TryIntersect(point, out _)) { continue; }
            var axes = LinkAxes.Of(link);
            var left = LinkAxes.Project(point, link.RightBox, axes.Right, link.LeftBox, axes.Left);
            var tensor = _map.Left.Tensors[link.Left];
            var steps = tensor.Shape.RowMajorStrides();
            var number = 0L;
            for (var axis = 0; axis < steps.Length; axis++) { number += left.Offset[axis] * steps[axis]; }
            return ElementPlace.Of(tensor.Name, tensor.StoredShape, number);
        }
        return null;
    }
}
