using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Holding;

/// <summary>The map from global tensors to one rank's own: composed with a checkpoint's map to the global ones it says what the rank reads of it.</summary>
public static class HeldMap
{
    /// <summary>The map: global tensors on the left, all of them; the rank's parts on the right.</summary>
    /// <param name="tensors">The global tensors.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="heldAs">The type a tensor is held in, by its name; null: as it is stored.</param>
    public static TensorMap Of(IReadOnlyList<HeldTensor> tensors, int rank, Func<string, HeldAs>? heldAs = null)
    {
        var left = tensors.Select(static tensor => new MappedTensor(tensor.Name, tensor.Shape)).ToArray();
        var right = new List<MappedTensor>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var links = new List<Link>();
        var others = new List<Padding>();
        for (var t = 0; t < tensors.Count; t++)
        {
            foreach (var box in tensors[t].Boxes)
            {
                if (!box.Ranks.Contains(rank))
                {
                    others.Add(new Padding(t, box.Box, "held by other ranks"));
                    continue;
                }
                if (!numbers.TryGetValue(box.Part, out var part))
                {
                    numbers.Add(box.Part, part = right.Count);
                    right.Add(new MappedTensor(box.Part, tensors[t].PartShape) { HeldAs = heldAs?.Invoke(tensors[t].Name) ?? HeldAs.Stored });
                }
                links.Add(new Link(t, box.Box, part, box.Local));
            }
        }
        return new TensorMap(MapSide.Of(left) with { Paddings = others }, MapSide.Of(right), links);
    }
}
