using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Holding;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>
/// Between parameters as ranks have them and the global tensors of torch_dist: what a rank's names and shapes make together, and which box of which
/// tensor every rank holds. Of one stage and one expert rank; tensor and data parallel ranks as many as there are.
/// </summary>
public sealed class RankTensors
{
    readonly MegatronCuts _cuts;

    /// <summary>Of a model of so many decoder layers.</summary>
    /// <exception cref="LayoutException">LAY: the sizes do not fit each other. TRN-11.1: they split layers or experts.</exception>
    public RankTensors(int layers, ParallelSizes sizes, MegatronCutOptions? cuts = null)
    {
        if (sizes.Pipeline > 1 || sizes.Expert > 1 || sizes.Context > 1) { Throw.Sizes(sizes); }
        (Layers, _cuts) = (layers, new MegatronCuts(cuts));
        Layout = ParallelLayout.Of(layers, sizes, new StageOptions());
    }

    /// <summary>Decoder layers.</summary>
    public int Layers { get; }

    /// <summary>The ranks.</summary>
    public ParallelLayout Layout { get; }

    /// <summary>
    /// The global tensors that a rank's parameters are parts of, in the order they come: one a layer, or, where asked for and every layer has the
    /// parameter, one for all.
    /// </summary>
    /// <param name="parameters">Of any one rank.</param>
    /// <param name="stacked">Whether the model's key form is stacked.</param>
    /// <exception cref="MalformedCheckpointException">TRN-11.2: parameters of one tensor differ, or an expert lacks.</exception>
    public IReadOnlyList<GlobalTensor> Globals(IReadOnlyList<RankParameter> parameters, bool stacked)
    {
        var singles = Singles(parameters);
        var made = new List<GlobalTensor>(singles.Count);
        var stacks = new Dictionary<string, List<(string Key, int Layer)>>(StringComparer.Ordinal);
        foreach (var (key, _) in singles)
        {
            var (layer, stack) = new RankName(key, -1).Stacked();
            if (layer < 0) { continue; }
            if (!stacks.TryGetValue(stack, out var list)) { stacks.Add(stack, list = []); }
            list.Add((key, layer));
        }
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, tensor) in singles)
        {
            var (layer, stack) = new RankName(key, -1).Stacked();
            if (!stacked || layer < 0 || !IsWhole(stacks[stack], singles))
            {
                made.Add(tensor);
                continue;
            }
            if (done.Add(stack)) { made.Add(new GlobalTensor(stack, tensor.DType, new Shape([Layers, .. tensor.Shape.Dims]))); }
        }
        return made;
    }

    /// <summary>The tensors with the boxes that ranks hold of them.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="byRank">
    /// Whether B of a gated layer's adapter has the order torch_dist stores it in, by rank, instead of that of the weight it changes.
    /// </param>
    /// <exception cref="LayoutException">A tensor cannot be cut so.</exception>
    public IReadOnlyList<HeldTensor> Held(IReadOnlyList<GlobalTensor> tensors, bool byRank) => [.. tensors.Select(tensor => Held(tensor, byRank))];

    /// <summary>How a key's parameter is cut.</summary>
    internal MegatronCut Cut(string key) => _cuts.Find(WithoutSection(key));

    HeldTensor Held(GlobalTensor tensor, bool byRank)
    {
        var cut = Cut(tensor.Key);
        var model = (byRank ? cut.StoredOf(tensor.Shape) : cut.Of(tensor.Shape)) with { Name = tensor.Key };
        var partsOf = Layout.PartsOf(model);
        var boxes = new List<(Box Box, string Part, Box Local, List<int> Ranks)>();
        var known = new Dictionary<Box, int>();
        Shape? shape = null;
        for (var rank = 0; rank < Layout.Grid.World; rank++)
        {
            foreach (var part in partsOf(Layout.Grid[rank]))
            {
                var experts = model.HasExpertAxis ? part.Tensor.Shape[0] : 1;
                for (var expert = 0; expert < experts; expert++)
                {
                    var own = model.HasExpertAxis ? part.Tensor.At(expert) : part.Tensor;
                    var name = RankName.Of(tensor.Key, part.Layer, model.HasExpertAxis ? expert : -1);
                    shape ??= own.Shape;
                    foreach (var box in own.Boxes)
                    {
                        if (known.TryGetValue(box.Global, out var at)) { boxes[at].Ranks.Add(rank); }
                        else
                        {
                            known.Add(box.Global, boxes.Count);
                            boxes.Add((box.Global, name, box.Local, [rank]));
                        }
                    }
                }
            }
        }
        boxes.Sort(static (a, b) => a.Box.Offset.SequenceCompareTo(b.Box.Offset));
        return new HeldTensor(tensor.Key, tensor.DType, tensor.Shape, [.. boxes.Select(static box => new HeldBox(box.Box, box.Part, box.Local, box.Ranks))], shape ?? tensor.Shape);
    }

    /// <summary>One tensor a layer, experts put together.</summary>
    Dictionary<string, GlobalTensor> Singles(IReadOnlyList<RankParameter> parameters)
    {
        var singles = new Dictionary<string, GlobalTensor>(StringComparer.Ordinal);
        var experts = new Dictionary<string, HashSet<int>>(StringComparer.Ordinal);
        foreach (var parameter in parameters)
        {
            var name = RankName.Parse(parameter.Name);
            var whole = Whole(name.Key, parameter.Shape);
            if (name.Expert < 0)
            {
                if (!singles.TryAdd(name.Key, new GlobalTensor(name.Key, parameter.DType, whole))) { Throw.Twice(parameter.Name); }
                continue;
            }
            if (!experts.TryGetValue(name.Key, out var numbers)) { experts.Add(name.Key, numbers = []); }
            if (!numbers.Add(name.Expert)) { Throw.Twice(parameter.Name); }
            var stack = new GlobalTensor(name.Key, parameter.DType, new Shape([numbers.Count, .. whole.Dims]));
            if (singles.TryGetValue(name.Key, out var before) && (before.DType != stack.DType || before.Shape.Dims[1..].SequenceEqual(whole.Dims) is false)) { Throw.Differs(parameter.Name, name.Key); }
            singles[name.Key] = stack;
        }
        foreach (var (key, numbers) in experts)
        {
            for (var expert = 0; expert < numbers.Count; expert++)
            {
                if (!numbers.Contains(expert)) { Throw.NoExpert(RankName.Of(key, -1, expert), numbers.Count); }
            }
        }
        return singles;
    }

    /// <summary>The shape that ranks' shares of a parameter make together.</summary>
    Shape Whole(string key, Shape local)
    {
        var cut = Cut(key).Cut;
        if (cut.Kind == CutKind.Replicated) { return local; }
        if (local.Rank <= cut.Axis) { Throw.Axes(key, local, cut); }
        var dims = local.ToArray();
        dims[cut.Axis] = checked(dims[cut.Axis] * (cut.OfExperts ? Layout.Grid.Sizes.ExpertCuts : Layout.Grid.Sizes.Tensor));
        return new Shape(dims);
    }

    bool IsWhole(List<(string Key, int Layer)> layers, Dictionary<string, GlobalTensor> singles)
    {
        if (layers.Count != Layers) { return false; }
        var first = singles[layers[0].Key];
        return layers.TrueForAll(layer => singles[layer.Key].Shape == first.Shape && singles[layer.Key].DType == first.DType);
    }

    /// <summary>Adapters of one section of a fused layer (<c>lora_B.default.q</c>) are cut as plain rows are: the section is not asked for.</summary>
    static string WithoutSection(string key)
    {
        var at = AdapterSection.Find(key);
        return at is { } section ? section.Plain : key;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Sizes(ParallelSizes sizes) => throw new LayoutException(
            "TRN-11.1", ParallelSizes.Where, string.Create(CultureInfo.InvariantCulture, $"PP {sizes.Pipeline}, EP {sizes.Expert}, CP {sizes.Context}: training here splits tensors and data only, so that these are 1"));

        [DoesNotReturn]
        internal static void Twice(string name) => throw new MalformedCheckpointException("TRN-11.2", Quoted.Name(name), "is there twice on a rank");

        [DoesNotReturn]
        internal static void Differs(string name, string key) => throw new MalformedCheckpointException("TRN-11.2", Quoted.Name(name), $"differs in type or shape from other experts of {key}");

        [DoesNotReturn]
        internal static void NoExpert(string name, int count) => throw new MalformedCheckpointException("TRN-11.2", Quoted.Name(name), string.Create(CultureInfo.InvariantCulture, $"is missing among {count} experts"));

        [DoesNotReturn]
        internal static void Axes(string key, Shape found, TensorCut cut) => throw new MalformedCheckpointException("TRN-11.2", Quoted.Name(key), $"has shape {found}; it is cut as {cut}, along axis {cut.Axis}");
    }
}
