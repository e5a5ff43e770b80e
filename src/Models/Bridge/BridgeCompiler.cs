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
        var (hf, megatron) = (new SideLayout(config.Layers, config.Experts), new SideLayout(config.Layers, config.Experts));
        foreach (var row in bridge.Rows)
        {
            foreach (var tensor in row.Hf) { hf.Add(bridge.HfPattern(tensor), ShapeOf(tensor, row, bridge, bridge.HfPattern(tensor), FamilySide.Hf), layer => bridge.InLayer(row, layer)); }
            foreach (var tensor in row.Megatron) { megatron.Add(bridge.MegatronPattern(tensor), ShapeOf(tensor, row, bridge, bridge.MegatronPattern(tensor), FamilySide.Megatron), layer => bridge.InLayer(row, layer)); }
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
                paddings.Add(VocabRows(megatron.Index(bridge.MegatronPattern(row.Megatron[0]), 0, 0), config, bridge.PaddedVocab));
            }
        }
        return new TensorMap(
            new MapSide(left, [], BridgeExtras.HfAliases(bridge, left), BridgeExtras.HfDrops),
            new MapSide(right, paddings, BridgeExtras.MegatronAliases(bridge, right), BridgeExtras.MegatronDrops),
            links);
    }

    static Shape ShapeOf(RowTensor tensor, FamilyRow row, ResolvedBridge bridge, NamePattern pattern, FamilySide side)
    {
        var dims = new List<long>(4);
        if (row.Each != Each.Model && !pattern.HasLayer) { dims.Add(bridge.Config.Layers); }
        if (row.Each == Each.Expert && !pattern.HasExpert) { dims.Add(bridge.Config.Experts); }
        dims.Add(tensor.Parts.Sum(part => row.Parts[part] == Dim.Vocab && side == FamilySide.Megatron ? bridge.PaddedVocab : bridge.Size(row.Parts[part])));
        foreach (var dim in row.Rest) { dims.Add(bridge.Size(dim)); }
        return new Shape([.. dims]);
    }

    static void LinkRow(FamilyRow row, ResolvedBridge bridge, SideLayout hf, SideLayout megatron, List<Link> links)
    {
        var pieces = RowPiece.Of(row, bridge.Size);
        var rest = row.Rest.Select(bridge.Size).ToArray();
        var hfPatterns = row.Hf.Select(bridge.HfPattern).ToArray();
        var megatronPatterns = row.Megatron.Select(bridge.MegatronPattern).ToArray();
        var layers = row.Each == Each.Model ? 1 : bridge.Config.Layers;
        // Where neither side names experts one by one, one link takes them all.
        var named = hfPatterns.Concat(megatronPatterns).Any(pattern => pattern.HasExpert);
        var experts = row.Each == Each.Expert && named ? bridge.Config.Experts : 1;
        var expertSpan = named ? 1 : bridge.Config.Experts;
        for (var layer = 0; layer < layers; layer++)
        {
            if (!bridge.InLayer(row, layer)) { continue; }
            for (var expert = 0; expert < experts; expert++)
            {
                foreach (var piece in pieces)
                {
                    var (left, right) = (hfPatterns[piece.Hf], megatronPatterns[piece.Megatron]);
                    links.Add(new Link(
                        hf.Index(left, layer, expert), BoxOf(left, piece.HfOffset),
                        megatron.Index(right, layer, expert), BoxOf(right, piece.MegatronOffset)));

                    Box BoxOf(NamePattern pattern, long offset)
                    {
                        var stacked = row.Each != Each.Model && !pattern.HasLayer ? 1 : 0;
                        var grouped = row.Each == Each.Expert && !pattern.HasExpert ? 1 : 0;
                        var start = new long[stacked + grouped + 1 + rest.Length];
                        var size = new long[start.Length];
                        if (stacked == 1) { (start[0], size[0]) = (layer, 1); }
                        if (grouped == 1) { (start[stacked], size[stacked]) = (expert, expertSpan); }
                        (start[stacked + grouped], size[stacked + grouped]) = (offset, piece.Length);
                        rest.CopyTo(size, stacked + grouped + 1);
                        return new Box(start, size);
                    }
                }
            }
        }
    }

    static Padding VocabRows(int tensor, ModelConfig config, long padded) => new(
        tensor, new Box([config.VocabSize, 0], [padded - config.VocabSize, config.Hidden]), $"vocabulary padding: rows {config.VocabSize} to {padded - 1} belong to no token");
}
