namespace Ckpt.Sharding.Maps;

/// <summary>Carries tensors a map does not know over under their own names.</summary>
public static class PassThrough
{
    /// <summary>The map with these tensors besides, each whole and unchanged on both sides.</summary>
    public static TensorMap Add(TensorMap map, IReadOnlyList<MappedTensor> tensors)
    {
        var links = new List<Link>(map.Links);
        for (var i = 0; i < tensors.Count; i++)
        {
            var whole = Formats.Tensors.Box.Whole(tensors[i].Shape);
            links.Add(new Link(map.Left.Tensors.Count + i, whole, map.Right.Tensors.Count + i, whole));
        }
        return new TensorMap(
            map.Left with { Tensors = [.. map.Left.Tensors, .. tensors] },
            map.Right with { Tensors = [.. map.Right.Tensors, .. tensors] },
            links);
    }
}
