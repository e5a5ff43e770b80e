using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Bridge;

/// <summary>Compiles a family's table and a model's config into the map between its two namings.</summary>
public static class BridgeCompiler
{
    /// <summary>The map: Hugging Face on the left, Megatron on the right, each side in its own module order.</summary>
    /// <exception cref="LayoutException">The options ask for what this model cannot have.</exception>
    public static TensorMap Compile(ModelFamily family, ModelConfig config, BridgeOptions options)
    {
        var bridge = BridgeResolver.Resolve(family, config, options);
        config = bridge.Config;
        var (hf, megatron) = (new SideLayout(bridge.LayersOf, config.Experts), new SideLayout(bridge.LayersOf, config.Experts));
        foreach (var row in bridge.Rows)
        {
            foreach (var axes in Axes(row, bridge, FamilySide.Hf)) { hf.Add(axes.Pattern, axes.Tensor, layer => bridge.InLayer(row, layer)); }
            foreach (var axes in Axes(row, bridge, FamilySide.Megatron)) { megatron.Add(axes.Pattern, axes.Tensor, layer => bridge.InLayer(row, layer)); }
        }
        hf.Sort(bridge.HfRank);
        var left = hf.Emit();
        var right = megatron.Emit();
        var links = new List<Link>(left.Count);
        var paddings = new List<Padding>();
        foreach (var row in bridge.Rows)
        {
            LinkRow(row, bridge, hf, megatron, links);
            if (row.Parts is [Dim.Vocab] && bridge.PaddedVocab > config.VocabSize)
            {
                var tensor = megatron.Index(bridge.MegatronPattern(row.Megatron[0]), 0, 0);
                paddings.Add(VocabRows(tensor, right[tensor].Shape, config.VocabSize));
            }
        }
        var map = new TensorMap(
            new MapSide(left, [], BridgeExtras.HfAliases(bridge, left), BridgeExtras.DropsOf(bridge, FamilySide.Hf)),
            new MapSide(right, paddings, BridgeExtras.MegatronAliases(bridge, right), BridgeExtras.DropsOf(bridge, FamilySide.Megatron)),
            links);
        return CarriedTensors.Add(map, bridge, new BridgeSight(options));
    }

    /// <summary>
    /// The options the map is made with, by choice: those given, those told from what is there, and the usual ones. Given back in
    /// <see cref="BridgeOptions.Choices"/> they make the same names again.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Choices(ModelFamily family, ModelConfig config, BridgeOptions options) => BridgeResolver.Resolve(family, config, options).Chosen;

    /// <summary>Those of the options that say how the Hugging Face side is named and typed.</summary>
    public static IReadOnlyDictionary<string, string> HfChoices(ModelFamily family, ModelConfig config, BridgeOptions options)
    {
        var bridge = BridgeResolver.Resolve(family, config, options);
        var used = bridge.Rows.Select(static row => row.Option?.Choice).ToHashSet();
        var own = family.Choices.Where(choice => choice.Side == FamilySide.Hf && used.Contains(choice.Name)).Select(static choice => choice.Name)
            .Concat([HfNamings.Choice, RouterBias.Choice, MtpCopies.Choice]).ToHashSet();
        return bridge.Chosen.Where(choice => own.Contains(choice.Key)).ToDictionary();
    }

    static RowAxes[] Axes(FamilyRow row, ResolvedBridge bridge, FamilySide side) => side == FamilySide.Hf
        ? [.. row.Hf.Select(tensor => new RowAxes(RouterBias.Held(row, tensor, bridge.Chosen), row, bridge, bridge.HfPattern(tensor), side))]
        : [.. row.Megatron.Select(tensor => new RowAxes(tensor, row, bridge, bridge.MegatronPattern(tensor), side))];

    static void LinkRow(FamilyRow row, ResolvedBridge bridge, SideLayout hf, SideLayout megatron, List<Link> links)
    {
        var pieces = RowPiece.Of(row, bridge.Size);
        var (hfAxes, megatronAxes) = (Axes(row, bridge, FamilySide.Hf), Axes(row, bridge, FamilySide.Megatron));
        var layers = row.Each == Each.Model ? 1 : bridge.LayersOf(row.Group);
        // Where neither side names experts one by one, one link takes them all.
        var named = hfAxes.Concat(megatronAxes).Any(axes => axes.Pattern.HasExpert);
        var experts = row.Each == Each.Expert && named ? bridge.Config.Experts : 1;
        var span = named ? 1 : bridge.Config.Experts;
        for (var layer = 0; layer < layers; layer++)
        {
            if (!bridge.InLayer(row, layer)) { continue; }
            for (var expert = 0; expert < experts; expert++)
            {
                foreach (var piece in pieces)
                {
                    var (left, right) = (hfAxes[piece.Hf.Tensor], megatronAxes[piece.Megatron.Tensor]);
                    links.Add(new Link(
                        hf.Index(left.Pattern, layer, expert), left.Box(layer, expert, span, piece.Hf, piece.Length),
                        megatron.Index(right.Pattern, layer, expert), right.Box(layer, expert, span, piece.Megatron, piece.Length))
                    { Axes = left.Beside(right) });
                }
            }
        }
    }

    static Padding VocabRows(int tensor, Shape padded, long vocab)
    {
        var (start, size) = (new long[padded.Rank], padded.ToArray());
        (start[0], size[0]) = (vocab, padded[0] - vocab);
        return new Padding(tensor, new Box(start, size), $"vocabulary padding: rows {vocab} to {padded[0] - 1} belong to no token");
    }
}
