using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Plans;

/// <summary>A tensor that is there with another shape than the map expects.</summary>
public readonly record struct WrongShape(string Name, Shape Found, Shape Expected);

/// <summary>
/// What the names and shapes of a source say about one side of a map: which tensors lack, which are too many, which have another shape.
/// </summary>
public sealed record MapCoverage(
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Extra,
    IReadOnlyList<WrongShape> WrongShapes,
    IReadOnlyList<AliasCheck> Aliases,
    IReadOnlyList<DroppedTensor> Dropped)
{
    /// <summary>Whether every tensor of the side is there, in its shape, and nothing is besides that no rule names.</summary>
    public bool IsComplete => Missing.Count == 0 && Extra.Count == 0 && WrongShapes.Count == 0;

    /// <summary>Holds the tensors of a source against a side of a map.</summary>
    public static MapCoverage Of(IReadOnlyList<TensorInfo> source, MapSide side)
    {
        var byName = new Dictionary<string, int>(source.Count, StringComparer.Ordinal);
        for (var i = 0; i < source.Count; i++) { byName.Add(source[i].Name, i); }
        var missing = new List<string>();
        var wrong = new List<WrongShape>();
        var known = new HashSet<string>(side.Tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in side.Tensors)
        {
            known.Add(tensor.Name);
            if (!byName.TryGetValue(tensor.Name, out var index)) { missing.Add(tensor.Name); }
            else if (source[index].Shape != tensor.StoredShape) { wrong.Add(new WrongShape(tensor.Name, source[index].Shape, tensor.StoredShape)); }
        }
        var aliases = new List<AliasCheck>();
        foreach (var alias in side.Aliases)
        {
            if (!byName.TryGetValue(alias.Name, out var index) || known.Contains(alias.Name)) { continue; }
            known.Add(alias.Name);
            if (!byName.TryGetValue(side.Tensors[alias.Of].Name, out var of)) { continue; } // missing is said already
            if (source[index].Shape != source[of].Shape) { wrong.Add(new WrongShape(alias.Name, source[index].Shape, source[of].Shape)); }
            else { aliases.Add(new AliasCheck(index, of, alias.Rule)); }
        }
        var extra = new List<string>();
        var dropped = new List<DroppedTensor>();
        foreach (var tensor in source)
        {
            if (known.Contains(tensor.Name)) { continue; }
            var rule = RuleFor(side.Drops, tensor.Name);
            if (rule is null) { extra.Add(tensor.Name); }
            else { dropped.Add(new DroppedTensor(tensor.Name, tensor.Shape.Count, rule)); }
        }
        return new MapCoverage(missing, extra, wrong, aliases, dropped);
    }

    static string? RuleFor(IReadOnlyList<Drop> drops, string name)
    {
        foreach (var drop in drops)
        {
            if (drop.Names.IsMatch(name)) { return drop.Rule; }
        }
        return null;
    }
}
