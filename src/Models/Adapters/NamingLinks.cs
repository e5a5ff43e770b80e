using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Adapters;

/// <summary>A map looked up by the names of its left side, with rows and columns told apart.</summary>
sealed class NamingLinks
{
    readonly TensorMap _map;
    readonly Dictionary<string, List<Link>> _byLeft = new(StringComparer.Ordinal);

    internal NamingLinks(TensorMap map)
    {
        _map = map;
        foreach (var link in map.Links)
        {
            var name = map.Left.Tensors[link.Left].Name;
            if (!_byLeft.TryGetValue(name, out var links)) { _byLeft.Add(name, links = []); }
            links.Add(link);
        }
    }

    /// <summary>Where the elements of a left tensor lie on the right: names, and runs from left to right.</summary>
    internal IEnumerable<(MappedTensor Right, LinkedRuns Runs)> Of(string name)
    {
        if (!_byLeft.TryGetValue(name, out var links)) { yield break; }
        foreach (var link in links)
        {
            foreach (var runs in LinkedRuns.Of(_map, link)) { yield return (_map.Right.Tensors[link.Right], runs); }
        }
    }
}
