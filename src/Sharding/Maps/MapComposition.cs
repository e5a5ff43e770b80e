using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Sharding.Maps;

/// <summary>Joins two maps over the side they share.</summary>
public static class MapComposition
{
    /// <summary>
    /// The map from the left side of <paramref name="first"/> to the right side of <paramref name="second"/>. What is padding on the shared side
    /// becomes padding of the outer ones.
    /// </summary>
    /// <exception cref="MalformedCheckpointException">SHD-2.13: a tensor of the shared side lacks in one of the maps, or has another shape there.</exception>
    public static TensorMap Compose(TensorMap first, TensorMap second)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < second.Left.Tensors.Count; i++) { numbers.Add(second.Left.Tensors[i].Name, i); }
        foreach (var tensor in first.Right.Tensors)
        {
            if (!numbers.TryGetValue(tensor.Name, out var number)) { Throw.Lacks(tensor.Name); }
            if (second.Left.Tensors[number].Shape != tensor.Shape) { Throw.OtherShape(tensor.Name, tensor.Shape, second.Left.Tensors[number].Shape); }
        }
        if (first.Right.Tensors.Count != second.Left.Tensors.Count) { Throw.Lacks(second.Left.Tensors.First(t => first.Right.Tensors.All(f => f.Name != t.Name)).Name); }

        var onward = Onward.Of(second);
        var links = new List<Link>(first.Links.Count);
        var leftPaddings = new List<Padding>(first.Left.Paddings);
        var rightPaddings = new List<Padding>(second.Right.Paddings);
        foreach (var link in first.Links)
        {
            var axes = LinkAxes.Of(link);
            foreach (var (part, next, rule) in onward[numbers[first.Right.Tensors[link.Right].Name]].Meeting(link.RightBox))
            {
                var left = LinkAxes.Project(part, link.RightBox, axes.Right, link.LeftBox, axes.Left);
                if (next is { } on) { links.Add(Join(link, axes, left, part, on)); }
                else { leftPaddings.Add(new Padding(link.Left, left, rule!)); }
            }
        }
        foreach (var padding in first.Right.Paddings)
        {
            foreach (var (part, next, _) in onward[numbers[first.Right.Tensors[padding.Tensor].Name]].Meeting(padding.Box))
            {
                if (next is not { } on) { continue; }
                var axes = LinkAxes.Of(on);
                rightPaddings.Add(new Padding(on.Right, LinkAxes.Project(part, on.LeftBox, axes.Left, on.RightBox, axes.Right), padding.Rule));
            }
        }
        return UnmovedTensors.Join(new TensorMap(first.Left with { Paddings = leftPaddings }, second.Right with { Paddings = rightPaddings }, links));
    }

    static Link Join(Link link, LinkAxes axes, Box left, Box part, Link next)
    {
        var onAxes = LinkAxes.Of(next);
        var right = LinkAxes.Project(part, next.LeftBox, onAxes.Left, next.RightBox, onAxes.Right);
        var joined = new int[left.Rank];
        Array.Fill(joined, -1);
        for (var i = 0; i < axes.Left.Length; i++)
        {
            if (part.Size[axes.Right[i]] == 1) { continue; }
            joined[axes.Left[i]] = onAxes.Right[Array.IndexOf(onAxes.Left, axes.Right[i])];
        }
        return new Link(link.Left, left, next.Right, right) { Axes = joined };
    }

    /// <summary>Where the elements of one tensor of the shared side go on to.</summary>
    sealed class Onward
    {
        readonly List<Box> _boxes = [];
        readonly List<(Link? Link, string? Rule)> _goals = [];
        BoxIndex? _index;
        Shape _shape;

        internal static Onward[] Of(TensorMap map)
        {
            var all = map.Left.Tensors.Select(static t => new Onward { _shape = t.Shape }).ToArray();
            foreach (var link in map.Links) { all[link.Left].Add(link.LeftBox, link, null); }
            foreach (var padding in map.Left.Paddings) { all[padding.Tensor].Add(padding.Box, null, padding.Rule); }
            return all;
        }

        internal IEnumerable<(Box Part, Link? Link, string? Rule)> Meeting(Box box)
        {
            _index ??= new BoxIndex(_shape, _boxes);
            var found = new List<(int Index, Box Common)>();
            _index.Find(box, found);
            return found.Select(f => (f.Common, _goals[f.Index].Link, _goals[f.Index].Rule));
        }

        void Add(Box box, Link? link, string? rule)
        {
            _boxes.Add(box);
            _goals.Add((link, rule));
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Lacks(string name) => throw new MalformedCheckpointException("SHD-2.13", name, "is in one of two maps that are to be joined, and not in the other");

        [DoesNotReturn]
        internal static void OtherShape(string name, Shape a, Shape b) => throw new MalformedCheckpointException("SHD-2.13", name, $"is {a} in one of two maps that are to be joined, and {b} in the other");
    }
}
