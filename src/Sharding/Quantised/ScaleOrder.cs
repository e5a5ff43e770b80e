using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Quantised;

/// <summary>Puts the tensors of a map in the order they had before scales came to it: each with its scales right behind it, as modules list them.</summary>
static class ScaleOrder
{
    internal static TensorMap Apply(TensorMap map, TensorMap before)
    {
        var (left, right) = (Places(map.Left, before.Left), Places(map.Right, before.Right));
        return new TensorMap(Sorted(map.Left, left), Sorted(map.Right, right), [.. map.Links.Select(l => l with { Left = left[l.Left], Right = right[l.Right] })]);
    }

    /// <summary>The new index of each tensor: behind the last known name that it is or begins with.</summary>
    static int[] Places(MapSide side, MapSide before)
    {
        var rank = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < before.Tensors.Count; i++) { rank.Add(before.Tensors[i].Name, i); }
        var known = new int[side.Tensors.Count];
        for (var i = 0; i < known.Length; i++) { known[i] = Rank(side.Tensors[i].Name, rank); }
        var order = Enumerable.Range(0, known.Length).OrderBy(i => known[i]).ThenBy(i => side.Tensors[i].Name.Length).ThenBy(static i => i).ToArray();
        var places = new int[order.Length];
        for (var i = 0; i < order.Length; i++) { places[order[i]] = i; }
        return places;
    }

    static int Rank(string name, Dictionary<string, int> rank)
    {
        if (rank.TryGetValue(name, out var place)) { return place; }
        // A scale's name is its tensor's with something behind: "_scale_inv", "_scale".
        for (var end = name.LastIndexOf('_'); end > 0; end = name.LastIndexOf('_', end - 1))
        {
            if (rank.TryGetValue(name[..end], out place)) { return place; }
        }
        return int.MaxValue;
    }

    static MapSide Sorted(MapSide side, int[] places)
    {
        var tensors = new MappedTensor[places.Length];
        for (var i = 0; i < places.Length; i++) { tensors[places[i]] = side.Tensors[i]; }
        return side with
        {
            Tensors = tensors,
            Paddings = [.. side.Paddings.Select(p => p with { Tensor = places[p.Tensor] })],
            Aliases = [.. side.Aliases.Select(a => a with { Of = places[a.Of] })],
        };
    }
}
