using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>Says which tensors a checkpoint lacks, has besides, or has in another shape than its config makes, and why that may be.</summary>
public static partial class MissingTensorDiagnosis
{
    /// <summary>
    /// Compares the left side of a map with what is there (give the reverse of a bridge's map where a Megatron checkpoint is read).
    /// Empty where all is as it must be.
    /// </summary>
    public static IReadOnlyList<TensorFault> Explain(TensorMap map, ModelConfig config, IReadOnlyDictionary<string, Shape> present)
    {
        var context = new FaultContext(map.Left, config, present);
        var faults = new List<TensorFault>();
        foreach (var group in Groups(map.Left.Tensors.Index().Where(entry => !present.ContainsKey(entry.Item.Name)), entry => Kind(entry.Item.Name)))
        {
            faults.Add(Missing(group, map, context));
        }
        foreach (var group in Groups(present.Keys.Where(name => !IsKnown(name, map.Left, context)), Kind)) { faults.Add(Extra(group, context)); }
        var bent = map.Left.Tensors.Where(tensor => present.TryGetValue(tensor.Name, out var shape) && shape != tensor.StoredShape);
        foreach (var group in Groups(bent, tensor => (Kind(tensor.Name), tensor.Shape, present[tensor.Name]))) { faults.Add(WrongShape(group, context)); }
        return faults;
    }

    static TensorFault Missing(List<(int Index, MappedTensor Tensor)> group, TensorMap map, FaultContext context)
    {
        var names = group.ConvertAll(entry => entry.Tensor.Name);
        var others = map.Links.Where(link => link.Left == group[0].Index).Select(link => link.Right).Distinct().Select(index => map.Right.Tensors[index]).ToArray();
        var made = others.Length == 0 ? "" : $"; {string.Join(" and ", others.Select(other => $"{other.Name} {other.Shape}"))} cannot be made without it";
        return new(TensorFaultKind.Missing, names, $"{Several(names)} is missing, expected {group[0].Tensor.Shape}{made}. {FaultCauses.Missing(names[0], context)}");
    }

    static TensorFault Extra(List<string> names, FaultContext context) => new(
        TensorFaultKind.Extra, names, $"{Several(names)} {context.Present[names[0]]} is there, but nothing on the other side is made from it. {FaultCauses.Extra(names[0], context)}");

    static TensorFault WrongShape(List<MappedTensor> group, FaultContext context)
    {
        var names = group.ConvertAll(tensor => tensor.Name);
        var found = context.Present[names[0]];
        return new(TensorFaultKind.WrongShape, names, $"{Several(names)} is {found}, config.json makes it {group[0].Shape}. {FaultCauses.WrongShape(names[0], group[0].Shape, found, context)}");
    }

    static bool IsKnown(string name, MapSide side, FaultContext context) =>
        context.Needed.Contains(name) || side.Aliases.Any(alias => alias.Name == name) || side.Drops.Any(drop => drop.Names.IsMatch(name));

    static string Several(List<string> names) => names.Count == 1 ? names[0] : $"{Kind(names[0])} ({names.Count} tensors, the first is {names[0]})";

    static string Kind(string name) => Number().Replace(name, ".*.");

    static IEnumerable<List<T>> Groups<T, TKey>(IEnumerable<T> items, Func<T, TKey> key) => items.GroupBy(key).Select(group => group.ToList());

    [GeneratedRegex(@"\.[0-9]+(?:\.[0-9]+)*\.", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
