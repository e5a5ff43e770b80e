using Ckpt.Formats.Tensors;
using Ckpt.Models.Adapters;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Megatron.State;

/// <summary>The map that a model's optimizer states follow: each as its tensor, an adapter's in the order of the weights (TRN-13.6).</summary>
public static class StateMap
{
    /// <summary>From states as they are stored to states of the tensors that a map's right side has.</summary>
    /// <param name="states">The states, by the names of <c>fully_reshardable</c>.</param>
    /// <param name="model">From the checkpoint's tensors to those of the model; null where it holds an adapter only.</param>
    /// <param name="vocabulary">Rows of the model's vocabulary, padding included.</param>
    /// <param name="ofSingleRanks">Whether the checkpoint was put together of single ranks.</param>
    public static TensorMap Of(IReadOnlyList<TensorInfo> states, TensorMap? model, long vocabulary, bool ofSingleRanks)
    {
        var byKind = new SortedDictionary<string, Dictionary<string, TensorInfo>>(StringComparer.Ordinal);
        foreach (var tensor in states)
        {
            if (!OptimizerNames.TryModelState(tensor.Name, out var name)) { continue; }
            if (!byKind.TryGetValue(name.State, out var keys)) { byKind.Add(name.State, keys = new(StringComparer.Ordinal)); }
            keys[name.Key] = tensor;
        }
        var made = new Sides();
        foreach (var (kind, keys) in byKind)
        {
            if (model is not null) { AddModel(made, kind, keys, model); }
            made.Add(TrainedAdapter.Logical([.. keys.Values], vocabulary, ofSingleRanks));
        }
        return made.Map();
    }

    /// <summary>States of the model's tensors, which are taken out of <paramref name="keys"/>. A tensor of which some part has none has none.</summary>
    static void AddModel(Sides made, string kind, Dictionary<string, TensorInfo> keys, TensorMap model)
    {
        var whole = new bool[model.Right.Tensors.Count];
        Array.Fill(whole, true);
        foreach (var link in model.Links) { whole[link.Right] &= keys.ContainsKey(model.Left.Tensors[link.Left].Name); }
        var (left, right) = (new Dictionary<int, int>(), new Dictionary<int, int>());
        var (lefts, rights) = (new List<MappedTensor>(), new List<MappedTensor>());
        var links = new List<Link>();
        foreach (var link in model.Links)
        {
            if (!whole[link.Right]) { continue; }
            links.Add(link with { Left = Number(left, link.Left, lefts, model.Left), Right = Number(right, link.Right, rights, model.Right) });
        }
        made.Add(new TensorMap(
            MapSide.Of(lefts) with { Paddings = Kept(model.Left, left) },
            MapSide.Of(rights) with { Paddings = Kept(model.Right, right) }, links));
        foreach (var number in left.Keys) { keys.Remove(model.Left.Tensors[number].Name); }

        int Number(Dictionary<int, int> numbers, int old, List<MappedTensor> tensors, MapSide side)
        {
            if (numbers.TryGetValue(old, out var number)) { return number; }
            numbers.Add(old, number = tensors.Count);
            tensors.Add(side.Tensors[old] with { Name = LogicalNames.Of(kind, side.Tensors[old].Name), Added = 0, HeldAs = HeldAs.Stored });
            return number;
        }
    }

    static Padding[] Kept(MapSide side, Dictionary<int, int> numbers) =>
        [.. side.Paddings.Where(padding => numbers.ContainsKey(padding.Tensor)).Select(padding => padding with { Tensor = numbers[padding.Tensor] })];

    /// <summary>Maps side by side.</summary>
    sealed class Sides
    {
        readonly List<MappedTensor> _left = [];
        readonly List<MappedTensor> _right = [];
        readonly List<Padding> _leftPaddings = [];
        readonly List<Padding> _rightPaddings = [];
        readonly List<Link> _links = [];

        internal void Add(TensorMap map)
        {
            var (left, right) = (_left.Count, _right.Count);
            _left.AddRange(map.Left.Tensors);
            _right.AddRange(map.Right.Tensors);
            _leftPaddings.AddRange(map.Left.Paddings.Select(padding => padding with { Tensor = padding.Tensor + left }));
            _rightPaddings.AddRange(map.Right.Paddings.Select(padding => padding with { Tensor = padding.Tensor + right }));
            _links.AddRange(map.Links.Select(link => link with { Left = link.Left + left, Right = link.Right + right }));
        }

        internal TensorMap Map() => new(MapSide.Of(_left) with { Paddings = _leftPaddings }, MapSide.Of(_right) with { Paddings = _rightPaddings }, _links);
    }
}
