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
        var prefix = Prefix(family, config, options);
        var padded = options.PaddedVocab == 0 ? config.VocabSize : options.PaddedVocab;
        if (padded < config.VocabSize || (UInt128)padded * (UInt128)config.Hidden >> 60 != 0) { Throw.Padding(padded, config.VocabSize); }
        var headless = IsHeadless(family, prefix, options);
        var chosen = new Dictionary<string, string>();
        var bridge = new ResolvedBridge(family, config, [], prefix, options.MegatronPrefix, IsStacked(config, options), padded);
        foreach (var choice in family.Choices) { chosen.Add(choice.Name, Choose(choice, bridge, options)); }
        return bridge with { Rows = [.. family.Rows.Where(row => Counts(row, config, headless, chosen))] };
    }

    // Files of embedding models hold the model without its output layer and without the prefix (NAM-3.3).
    static string Prefix(ModelFamily family, ModelConfig config, BridgeOptions options)
    {
        if (options.HfPrefix is { } given) { return given; }
        var bare = family.HfEmbedding[ResolvedBridge.ModelPrefix.Length..];
        if (options.HfHas is { } has) { return !has(family.HfEmbedding) && has(bare) ? "" : ResolvedBridge.ModelPrefix; }
        return config.IsBaseModel ? "" : ResolvedBridge.ModelPrefix;
    }

    static bool IsHeadless(ModelFamily family, string prefix, BridgeOptions options) =>
        prefix.Length == 0 && options.HfHas?.Invoke(family.HfHead) != true;

    static bool IsStacked(ModelConfig config, BridgeOptions options)
    {
        if (options.KeyForm == KeyForm.Stacked && !config.IsHomogeneous) { Throw.MixedLayers(config); }
        return options.KeyForm == KeyForm.Automatic ? config.IsHomogeneous : options.KeyForm == KeyForm.Stacked;
    }

    static string Choose(FamilyChoice choice, ResolvedBridge bridge, BridgeOptions options)
    {
        if (options.Choices.TryGetValue(choice.Name, out var given))
        {
            return choice.Options.Contains(given) ? given : Throw.Choice(choice, given);
        }
        var has = choice.Side == FamilySide.Hf ? options.HfHas : options.MegatronHas;
        return has is null ? choice.Options[0] : choice.Options.MaxBy(option => RowsPresent(choice, option, bridge, has))!;
    }

    // Options may share a name (two dialects, one of whose norms is called the same): the one more of whose rows are present is meant.
    static int RowsPresent(FamilyChoice choice, string option, ResolvedBridge bridge, Predicate<string> has) =>
        bridge.Family.Rows.Count(row => row.Option == new RowOption(choice.Name, option) && IsPresent(row, choice.Side, bridge, has));

    static bool IsPresent(FamilyRow row, FamilySide side, ResolvedBridge bridge, Predicate<string> has)
    {
        foreach (var pattern in side == FamilySide.Hf ? row.Hf.Select(bridge.HfPattern) : row.Megatron.Select(bridge.MegatronPattern))
        {
            for (var layer = 0; layer < (pattern.HasLayer ? bridge.Config.Layers : 1); layer++)
            {
                if (bridge.InLayer(row, layer) && has(pattern.Name(layer, 0))) { return true; }
            }
        }
        return false;
    }

    static bool Counts(FamilyRow row, ModelConfig config, bool headless, Dictionary<string, string> chosen) =>
        Holds(row.When, When.AttentionBias, config.AttentionBias)
        && Holds(row.When, When.OutputBias, config.OutputBias)
        && Holds(row.When, When.MlpBias, config.MlpBias)
        && Holds(row.When, When.QkNorm, config.QkNorm)
        && Holds(row.When, When.Head, !config.TieWordEmbeddings && !headless)
        && Holds(row.When, When.HeadBias, config.HeadBias && !headless)
        && Holds(row.When, When.SharedExperts, config.SharedFfn > 0)
        && Holds(row.When, When.MoeLayer, config.IsMoe)
        && Holds(row.When, When.DenseLayer, !config.IsMoe || !config.IsHomogeneous)
        && (row.Option is not { } option || chosen[option.Choice] == option.Option);

    static bool Holds(When conditions, When one, bool met) => met || !conditions.HasFlag(one);

    static class Throw
    {
        [DoesNotReturn]
        internal static void Padding(long padded, long vocab) => throw new LayoutException(
            "NAM-2.2", "vocabulary", $"{padded} padded rows were asked for, the vocabulary has {vocab}");

        [DoesNotReturn]
        internal static void MixedLayers(ModelConfig config) => throw new LayoutException(
            "NAM-1.6", "layers", $"{Enumerable.Range(0, config.Layers).Count(config.IsMoeLayer)} of {config.Layers} layers have experts; one tensor can hold all layers only where they are of one kind");

        [DoesNotReturn]
        internal static string Choice(FamilyChoice choice, string given) => throw new ArgumentException(
            $"{choice.Name} has no option \"{given}\"; there are {string.Join(", ", choice.Options)}", nameof(given));
    }
}
