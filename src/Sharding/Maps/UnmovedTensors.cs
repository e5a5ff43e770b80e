using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Maps;

/// <summary>Finds tensors that a map leaves as they are, however many pieces it says that in.</summary>
static class UnmovedTensors
{
    /// <summary>The same map; a tensor all of whose pieces lie where they lay, in a tensor of the same shape, is one link.</summary>
    internal static TensorMap Join(TensorMap map)
    {
        var (leftTo, rightTo) = (Partners(map.Links, map.Left), Partners([.. map.Links.Select(static link => link.Reverse())], map.Right));
        var links = new List<Link>(map.Links.Count);
        var (left, right) = (map.Left.Tensors.ToArray(), map.Right.Tensors.ToArray());
        var done = new HashSet<int>();
        foreach (var link in map.Links)
        {
            if (leftTo[link.Left] != link.Right || rightTo[link.Right] != link.Left || !IsAlike(map.Left.Tensors[link.Left], map.Right.Tensors[link.Right]))
            {
                links.Add(link);
                continue;
            }
            if (!done.Add(link.Left)) { continue; }
            (left[link.Left], right[link.Right]) = (Plain(left[link.Left]), Plain(right[link.Right]));
            var whole = Box.Whole(left[link.Left].Shape);
            links.Add(new Link(link.Left, whole, link.Right, whole));
        }
        return done.Count == 0 ? map : new TensorMap(map.Left with { Tensors = left }, map.Right with { Tensors = right }, links);
    }

    const int None = -1, Several = -2;

    /// <summary>The only tensor of the other side that all of a tensor goes to, in its place.</summary>
    static int[] Partners(IReadOnlyList<Link> links, MapSide side)
    {
        var partner = new int[side.Tensors.Count];
        Array.Fill(partner, None);
        foreach (var padding in side.Paddings) { partner[padding.Tensor] = Several; }
        foreach (var link in links)
        {
            var known = partner[link.Left];
            partner[link.Left] = StaysInPlace(link) && (known == None || known == link.Right) ? link.Right : Several;
        }
        return partner;
    }

    static bool StaysInPlace(Link link)
    {
        if (link.LeftBox != link.RightBox) { return false; }
        for (var axis = 0; axis < (link.Axes?.Count ?? 0); axis++)
        {
            if (link.LeftBox.Size[axis] > 1 && link.Axes![axis] != axis) { return false; }
        }
        return true;
    }

    // Aliases are of stored tensors, and paddings there are none: the finer shape may go.
    static MappedTensor Plain(MappedTensor tensor) => tensor.Shape == tensor.StoredShape ? tensor : new(tensor.Name, tensor.StoredShape) { Added = tensor.Added, HeldAs = tensor.HeldAs };

    static bool IsAlike(MappedTensor a, MappedTensor b) => a.Shape == b.Shape && a.StoredShape == b.StoredShape && a.Added.Equals(b.Added) && a.HeldAs == b.HeldAs;
}
