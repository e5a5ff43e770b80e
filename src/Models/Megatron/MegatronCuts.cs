using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron;

/// <summary>
/// How the tensor under a Megatron key is shared by ranks: from the names of torch_dist (stacked, by layer, optimizer states, adapters).
/// A key that no rule knows is refused by name.
/// </summary>
public sealed partial class MegatronCuts
{
    const string ExpertsPath = "mlp.experts.experts.";

    readonly MegatronCutOptions _options;
    readonly TensorCut _inProj;
    readonly TensorCut _conv;

    /// <summary>The rules under some options.</summary>
    public MegatronCuts(MegatronCutOptions? options = null)
    {
        _options = options ?? new MegatronCutOptions();
        _inProj = Sections(_options.InProjSections);
        _conv = Sections(_options.ConvSections);
    }

    /// <summary>What the key says.</summary>
    /// <exception cref="UnsupportedCheckpointException">No rule knows it.</exception>
    public MegatronCut Find(string key) => TryFind(key) ?? Throw.Unknown(key);

    /// <summary>What the key says, or null where no rule knows it.</summary>
    /// <exception cref="UnsupportedCheckpointException">It is of a kind that is never cut by parameter (an optimizer's buckets), or needs a number that was not given.</exception>
    public MegatronCut? TryFind(string key)
    {
        var (state, parameter) = (default(string), key);
        if (OptimizerState().Match(key) is { Success: true } match) { (state, parameter) = (match.Groups["state"].Value, match.Groups["key"].Value); }
        else if (OptimizerBucket().IsMatch(key)) { Throw.Bucket(key); }
        var name = new MegatronKey(parameter);
        foreach (var rule in _options.Overrides)
        {
            if (rule.Fits(parameter)) { return new MegatronCut(key, parameter, state, rule.Cut, name.Place ?? new TensorPlace(rule.Place)); }
        }
        if (name.Path.StartsWith("visual.", StringComparison.Ordinal) && name.Place is null) { return new MegatronCut(key, parameter, state, TensorCut.Replicated, new TensorPlace(PlaceKind.FirstStage)); }
        if (name.Place is not { } place)
        {
            var found = Leaf(name, path => MegatronCutTable.Model.TryGetValue(path, out var model) ? model.Cut : null, out var module);
            return found is { } cut ? new MegatronCut(key, parameter, state, cut, new TensorPlace(MegatronCutTable.Model[module].Place)) { IsStoredByRank = name.IsStoredByRank(cut) } : null;
        }
        return InLayer(key, parameter, state, name, place);
    }

    MegatronCut? InLayer(string key, string parameter, string? state, MegatronKey name, TensorPlace place)
    {
        if (!name.Path.StartsWith(ExpertsPath, StringComparison.Ordinal))
        {
            var table = name.IsBesideLayer ? MegatronCutTable.Mtp : MegatronCutTable.Layer;
            return Leaf(name, path => Look(table, path), out _) is { } cut ? new MegatronCut(key, parameter, state, cut, place) { IsStoredByRank = name.IsStoredByRank(cut) } : null;
        }
        var inside = name.Below(ExpertsPath);
        ExpertNumber? expert = inside.Expert is { } index ? new ExpertNumber(index, ExpertsOf(key, index)) : null;
        return Leaf(inside, path => Look(MegatronCutTable.Expert, path), out _) is { } one
            ? new MegatronCut(key, parameter, state, one.ForExperts(), place) { Expert = expert, IsStoredByRank = name.IsStoredByRank(one) }
            : null;
    }

    int ExpertsOf(string key, int index)
    {
        var experts = _options.Experts ?? Throw.NoExperts(key);
        if (index >= experts) { Throw.OtherExperts(key, index, experts); }
        return experts;
    }

    /// <summary>The cut of what a path ends in: a bare parameter, or a module's weight, bias, fused norm or adapter.</summary>
    TensorCut? Leaf(MegatronKey name, Func<string, ModuleCut?> look, out string module)
    {
        module = name.Path;
        if (look(name.Path) is { } bare) { return bare is ModuleCut.Whole or ModuleCut.Heads or ModuleCut.LinearHeads ? OfModule(bare, "weight") : null; }
        var dot = name.Path.LastIndexOf('.');
        if (dot < 0) { return null; }
        (module, var leaf) = (name.Path[..dot], name.Path[(dot + 1)..]);
        if (look(module) is { } cut) { return leaf is "layer_norm_weight" or "layer_norm_bias" ? TensorCut.Replicated : WithAdapter(cut, name, leaf); }
        // in_proj.weight.query and the like
        var (last, inner) = (leaf, module.LastIndexOf('.'));
        if (inner < 0 || !IsPart(last)) { return null; }
        (module, leaf) = (module[..inner], module[(inner + 1)..]);
        return leaf is "weight" or "bias" && look(module) is ModuleCut.LinearIn or ModuleCut.LinearConv ? TensorCut.Columns : null;
    }

    static bool IsPart(string name) => MegatronCutTable.PackedParts.Contains(name) || NumberedPart().IsMatch(name);

    TensorCut? WithAdapter(ModuleCut module, MegatronKey name, string leaf)
    {
        if (name.Adapter == AdapterPart.None) { return OfModule(module, leaf); }
        if (leaf != "weight" || OfModule(module, "weight") is not { } whole) { return null; }
        // A column-parallel layer shares the rows of B, a row-parallel one the columns of A.
        return name.Adapter == AdapterPart.B
            ? whole.Kind == CutKind.Cut && whole.Axis == 1 ? TensorCut.Replicated : whole
            : whole.Kind == CutKind.Cut && whole.Axis == 1 ? TensorCut.Rows : TensorCut.Replicated;
    }

    TensorCut? OfModule(ModuleCut module, string leaf)
    {
        // Test-only keys of megatron-core: gate and up apart.
        if (module == ModuleCut.GatedColumn && leaf is "weight_w" or "weight_v" or "bias_w" or "bias_v") { return TensorCut.Columns; }
        if (leaf is not ("weight" or "bias")) { return module == ModuleCut.Whole ? TensorCut.Replicated : null; }
        var whole = _options.LinearAttention == LinearAttentionForm.Whole;
        return module switch
        {
            ModuleCut.Whole => TensorCut.Replicated,
            ModuleCut.Column or ModuleCut.Heads => TensorCut.Columns,
            ModuleCut.Row => leaf == "bias" ? TensorCut.Replicated : TensorCut.Rows,
            ModuleCut.GatedColumn => _options.Gated ? TensorCut.Gated : TensorCut.Columns,
            ModuleCut.Vocabulary => TensorCut.Vocabulary,
            ModuleCut.Head => _options.HeadIsClassifier ? TensorCut.Replicated : TensorCut.Vocabulary,
            ModuleCut.Qkv => _options.LatentQkvIsFused ? TensorCut.Replicated : TensorCut.Columns,
            ModuleCut.LatentDown => _options.LatentDownIsCut ? TensorCut.Columns : TensorCut.Replicated,
            ModuleCut.LinearIn => whole ? TensorCut.Replicated : _inProj,
            ModuleCut.LinearConv => whole ? TensorCut.Replicated : _conv,
            ModuleCut.LinearOut => whole || leaf == "bias" ? TensorCut.Replicated : TensorCut.Rows,
            ModuleCut.LinearHeads => whole ? TensorCut.Replicated : TensorCut.Columns,
            _ => null,
        };
    }

    TensorCut Sections(IReadOnlyList<long> sizes)
    {
        if (_options.LinearAttention != LinearAttentionForm.BySection) { return TensorCut.Columns; }
        if (sizes.Count == 0) { throw new ArgumentException($"{LinearAttentionForm.BySection} needs the sizes of the sections"); }
        return TensorCut.InSections(sizes);
    }

    static ModuleCut? Look(FrozenDictionary<string, ModuleCut> table, string path) => table.TryGetValue(path, out var cut) ? cut : null;

    [GeneratedRegex(@"\A(?:chained_\d+\.)*optimizer\.state\.(?<state>[A-Za-z0-9_]+)\.(?<key>.+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex OptimizerState();

    [GeneratedRegex(@"\A(?:chained_\d+\.)*optimizer\.", RegexOptions.CultureInvariant)]
    private static partial Regex OptimizerBucket();

    // Gated Delta Product: V0, V1, …, K0, …, b0, …
    [GeneratedRegex(@"\A[VKb]\d{1,3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NumberedPart();

    static class Throw
    {
        [DoesNotReturn]
        internal static MegatronCut Unknown(string key) => throw new UnsupportedCheckpointException(
            "LAY-5.1", Quoted.Name(key), $"no rule says how it is shared by ranks; give one with --tensor_cut '{Pattern(key)}=KIND', where KIND is replicated, columns, rows, gated or vocabulary");

        [DoesNotReturn]
        internal static void Bucket(string key) => throw new UnsupportedCheckpointException(
            "LAY-5.4", Quoted.Name(key), "is an optimizer's buffer and not the state of one parameter, so that no cut of the model applies to it");

        [DoesNotReturn]
        internal static int NoExperts(string key) => throw new UnsupportedCheckpointException(
            "LAY-5.5", Quoted.Name(key), "is of one expert, and the number of experts is not known");

        [DoesNotReturn]
        internal static void OtherExperts(string key, int index, int experts) => throw new MalformedCheckpointException(
            "LAY-5.5", Quoted.Name(key), $"is of expert {index}, the model has {experts}, counted from 0");

        static string Pattern(string key)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{LayerNumber().Replace(key, ".*.")}");
            return Quoted.Name(text)[1..^1];
        }
    }

    [GeneratedRegex(@"\.\d+\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();
}
