using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Megatron;

/// <summary>
/// The two ways in which Megatron keys name layers, whatever the model: one key a layer (<c>decoder.layers.3.mlp…</c>), or one for all with the
/// layers as an axis in front (<c>decoder.layers.mlp…</c>). Source: megatron-core `TransformerBlock.sharded_state_dict`.
/// </summary>
public static partial class LayerKeys
{
    /// <summary>Whether a run with this common state names each layer: layers of several kinds, or told so (NAM-6.3).</summary>
    /// <param name="common">The common state; null says nothing.</param>
    /// <param name="where">The checkpoint, for messages.</param>
    public static bool ArePerLayer(PickleDict? common, string where)
    {
        if (common is null) { return false; }
        var args = new ArgsReader(common, where);
        return args.Find("hetereogenous_dist_checkpoint") is PickleBool { Value: true } // Megatron-core's own spelling
            || args.Find("heterogeneous_layers_config_path") is not null || args.Find("heterogeneous_layers_config_encoded_json") is not null
            || args.Find("hybrid_layer_pattern") is not null || args.Find("hybrid_override_pattern") is not null
            || IsPattern(args.Find("moe_layer_freq")) || IsPattern(args.Find("linear_attention_freq"));
    }

    /// <summary>
    /// The map from these tensors to their names with all layers in one key. Where layers lack, or differ in what they consist of, their
    /// tensors keep their names.
    /// </summary>
    public static TensorMap Stack(IReadOnlyList<MappedTensor> tensors)
    {
        var found = tensors.Select(static t => PerLayer().Match(t.Name)).ToArray();
        var stacks = Stacks(tensors, found);
        var right = new List<MappedTensor>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var links = new Link[tensors.Count];
        for (var i = 0; i < tensors.Count; i++)
        {
            var (shape, match) = (tensors[i].Shape, found[i]);
            if (!match.Success || !stacks.TryGetValue(match.Groups["head"].Value, out var layers))
            {
                links[i] = new Link(i, Box.Whole(shape), right.Count, Box.Whole(shape));
                right.Add(tensors[i]);
                continue;
            }
            var name = match.Groups["head"].Value + match.Groups["tail"].Value;
            if (!numbers.TryGetValue(name, out var number))
            {
                numbers.Add(name, number = right.Count);
                right.Add(new MappedTensor(name, new Shape([layers, .. shape.Dims])));
            }
            links[i] = new Link(i, Box.Whole(shape), number, LayerBox(Number(match), shape)) { Axes = [.. Enumerable.Range(1, shape.Rank)] };
        }
        return new TensorMap(MapSide.Of(tensors), MapSide.Of(right), links);
    }

    /// <summary>The map from these tensors to their names with one key a layer.</summary>
    public static TensorMap Unstack(IReadOnlyList<MappedTensor> tensors)
    {
        var right = new List<MappedTensor>();
        var links = new List<Link>();
        for (var i = 0; i < tensors.Count; i++)
        {
            var (name, shape) = (tensors[i].Name, tensors[i].Shape);
            var match = Stacked().Match(name);
            if (!match.Success || shape.Rank == 0)
            {
                links.Add(new Link(i, Box.Whole(shape), right.Count, Box.Whole(shape)));
                right.Add(tensors[i]);
                continue;
            }
            var one = new Shape(shape.Dims[1..].ToArray());
            for (var layer = 0; layer < shape[0]; layer++)
            {
                links.Add(new Link(i, LayerBox(layer, one), right.Count, Box.Whole(one)) { Axes = [-1, .. Enumerable.Range(0, one.Rank)] });
                right.Add(new MappedTensor(string.Create(CultureInfo.InvariantCulture, $"{match.Groups["head"].Value}{layer}.{match.Groups["tail"].Value}"), one));
            }
        }
        return new TensorMap(MapSide.Of(tensors), MapSide.Of(right), links);
    }

    /// <summary>Beginnings of names below which layers 0 to n − 1 consist of the same tensors, and n.</summary>
    static Dictionary<string, long> Stacks(IReadOnlyList<MappedTensor> tensors, Match[] found)
    {
        var groups = new Dictionary<string, Dictionary<(string Tail, Shape Shape), HashSet<int>>>(StringComparer.Ordinal);
        for (var i = 0; i < found.Length; i++)
        {
            if (!found[i].Success) { continue; }
            var head = found[i].Groups["head"].Value;
            if (!groups.TryGetValue(head, out var kinds)) { groups.Add(head, kinds = []); }
            var kind = (found[i].Groups["tail"].Value, tensors[i].Shape);
            if (!kinds.TryGetValue(kind, out var layers)) { kinds.Add(kind, layers = []); }
            layers.Add(Number(found[i]));
        }
        var stacks = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (head, kinds) in groups)
        {
            var count = kinds.Values.Max(static layers => layers.Max()) + 1L;
            if (kinds.Values.All(layers => layers.Count == count)) { stacks.Add(head, count); }
        }
        // Optimizer states go as their parameters do.
        if (groups.Keys.FirstOrDefault(static head => !head.Contains("optimizer.", StringComparison.Ordinal)) is { } model && !stacks.ContainsKey(model))
        {
            foreach (var head in groups.Keys.Where(head => head.EndsWith(model, StringComparison.Ordinal))) { stacks.Remove(head); }
        }
        return stacks;
    }

    static Box LayerBox(long layer, Shape shape) => new([layer, .. new long[shape.Rank]], [1, .. shape.Dims]);

    static int Number(Match match) => int.Parse(match.Groups["layer"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    static bool IsPattern(PickleNode? node) => node is PickleList or PickleString || node is PickleInt { Value: var every } && every > 1;

    // A mixer (Mamba) marks a hybrid model, whose layers Megatron always names one by one.
    [GeneratedRegex(@"^(?<head>(?:.*\.)?(?:decoder|encoder)\.layers\.)(?<layer>[0-9]{1,6})\.(?<tail>(?!mixer\.).+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PerLayer();

    [GeneratedRegex(@"^(?<head>(?:.*\.)?(?:decoder|encoder)\.layers\.)(?<tail>[^0-9].*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Stacked();
}
