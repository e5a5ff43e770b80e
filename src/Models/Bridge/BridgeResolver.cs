using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>Answers what a table leaves open, from the options and from the names that are present.</summary>
static class BridgeResolver
{
    internal static ResolvedBridge Resolve(ModelFamily family, ModelConfig config, BridgeOptions options)
    {
        var sight = new BridgeSight(options);
        var naming = HfNamings.Of(family, options, sight);
        var prefix = naming is null ? Prefix(family, config, options, sight) : "";
        var padded = options.PaddedVocab == 0 ? config.VocabSize : options.PaddedVocab;
        if (padded < config.VocabSize || (UInt128)padded * (UInt128)config.Hidden >> 60 != 0) { Throw.Padding(padded, config.VocabSize); }
        var megatron = options.MegatronPrefix ?? (sight.Has(FamilySide.Megatron) is null ? family.MegatronPrefix : "");
        var bridge = new ResolvedBridge(family, config, [], prefix, megatron, IsStacked(config, options), padded) { Naming = naming, IsHeadless = naming is null && IsHeadless(family, prefix, sight) };
        bridge = bridge with { Config = Undisputed(bridge, sight) };
        bridge = MtpLayers.Resolve(bridge, options, sight);
        var chosen = BridgeChoices.Choose(bridge, options, sight);
        return bridge with { Rows = [.. family.Rows.Where(row => Applies(row, bridge) && IsOf(row.Option, chosen) && IsOf(row.AlsoOption, chosen))], Chosen = chosen };
    }

    // Files of embedding models hold the model without its output layer and without the prefix (NAM-3.3).
    static string Prefix(ModelFamily family, ModelConfig config, BridgeOptions options, BridgeSight sight)
    {
        if (options.HfPrefix is { } given) { return given; }
        var bare = family.HfEmbedding[ResolvedBridge.ModelPrefix.Length..];
        if (sight.Has(FamilySide.Hf) is { } has) { return !has(family.HfEmbedding) && has(bare) ? "" : ResolvedBridge.ModelPrefix; }
        return config.IsBaseModel ? "" : ResolvedBridge.ModelPrefix;
    }

    static bool IsHeadless(ModelFamily family, string prefix, BridgeSight sight) =>
        prefix.Length == 0 && sight.Has(FamilySide.Hf)?.Invoke(family.HfHead) != true;

    // NAM-13.4: where the objects of a config differ on whether the output layer is the embedding, the tensors tell.
    static ModelConfig Undisputed(ResolvedBridge bridge, BridgeSight sight)
    {
        if (!bridge.Config.IsTieDisputed) { return bridge.Config; }
        var head = bridge.Family.Rows.First(static row => row.When.HasFlag(When.Head));
        bool? hasHead = sight.Has(FamilySide.Hf) is { } hf ? hf(bridge.HfName(bridge.Family.HfHead))
            : sight.Has(FamilySide.Megatron) is { } megatron ? megatron(bridge.MegatronPattern(head.Megatron[0]).Text) : null;
        return hasHead is { } there ? bridge.Config with { TieWordEmbeddings = !there } : bridge.Config;
    }

    static bool IsStacked(ModelConfig config, BridgeOptions options)
    {
        if (options.KeyForm == KeyForm.Stacked && !config.IsHomogeneous) { Throw.MixedLayers(config); }
        return options.KeyForm == KeyForm.Automatic ? config.IsHomogeneous && !config.ListsLayers : options.KeyForm == KeyForm.Stacked;
    }

    /// <summary>Whether a row is there in this model, whichever options are chosen.</summary>
    internal static bool Applies(FamilyRow row, ResolvedBridge bridge)
    {
        var config = bridge.Config;
        return Holds(row.When, When.AttentionBias, config.AttentionBias)
            && Holds(row.When, When.OutputBias, config.OutputBias)
            && Holds(row.When, When.MlpBias, config.MlpBias)
            && Holds(row.When, When.QkNorm, config.QkNorm)
            && Holds(row.When, When.Head, !config.TieWordEmbeddings && !bridge.IsHeadless)
            && Holds(row.When, When.HeadBias, config.HeadBias && !bridge.IsHeadless)
            && Holds(row.When, When.SharedExperts, config.SharedFfn > 0)
            && Holds(row.When, When.QueryLora, config.Mla?.QueryLora is not null)
            && Holds(row.When, When.DirectQuery, config.Mla?.QueryLora is null)
            && Holds(row.When, When.Mtp, bridge.MtpLayers > 0)
            && (row.Each == Each.Model || Enumerable.Range(0, bridge.LayersOf(row.Group)).Any(layer => bridge.InLayer(row, layer)));
    }

    static bool Holds(When conditions, When one, bool met) => met || !conditions.HasFlag(one);

    static bool IsOf(RowOption? option, IReadOnlyDictionary<string, string> chosen) => option is null || chosen[option.Choice] == option.Option;

    static class Throw
    {
        [DoesNotReturn]
        internal static void Padding(long padded, long vocab) => throw new LayoutException(
            "NAM-2.2", "vocabulary", $"{padded} padded rows were asked for, the vocabulary has {vocab}");

        [DoesNotReturn]
        internal static void MixedLayers(ModelConfig config) => throw new LayoutException(
            "NAM-1.6", "layers", config.DeltaNet is { } net && net.Layers.Count != config.Layers
                ? $"{net.Layers.Count} of {config.Layers} layers have linear attention; one tensor can hold all layers only where they are of one kind"
                : $"{Enumerable.Range(0, config.Layers).Count(config.IsMoeLayer)} of {config.Layers} layers have experts; one tensor can hold all layers only where they are of one kind");
    }
}
