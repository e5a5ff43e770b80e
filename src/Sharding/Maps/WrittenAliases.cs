namespace Ckpt.Sharding.Maps;

/// <summary>Writes the second names that readers of the right side's files look for.</summary>
public static class WrittenAliases
{
    /// <summary>The map with every such alias of its right side as a tensor of its own, made of what the tensor it repeats is made of.</summary>
    public static TensorMap Add(TensorMap map)
    {
        var written = map.Right.Aliases.Where(static alias => alias.IsWritten).ToArray();
        if (written.Length == 0) { return map; }
        var (tensors, links, paddings) = (new List<MappedTensor>(map.Right.Tensors), new List<Link>(map.Links), new List<Padding>(map.Right.Paddings));
        foreach (var alias in written)
        {
            links.AddRange(map.Links.Where(link => link.Right == alias.Of).Select(link => link with { Right = tensors.Count }));
            paddings.AddRange(map.Right.Paddings.Where(padding => padding.Tensor == alias.Of).Select(padding => padding with { Tensor = tensors.Count }));
            tensors.Add(map.Right.Tensors[alias.Of] with { Name = alias.Name });
        }
        return map with { Right = map.Right with { Tensors = tensors, Paddings = paddings, Aliases = [.. map.Right.Aliases.Where(static alias => !alias.IsWritten)] }, Links = links };
    }
}
