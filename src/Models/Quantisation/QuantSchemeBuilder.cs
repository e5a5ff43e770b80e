using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Quantisation;

/// <summary>Finds the quantised tensors of a checkpoint by the rules of its method, and holds config and tensors against each other (QNT-1.3).</summary>
static partial class QuantSchemeBuilder
{
    static readonly string[] s_signs = ["_scale_inv", "weight_packed", "_blocks", "qweight", "qzeros", "absmax"];

    internal static QuantScheme? Build(HfConfig config, ICheckpointReader reader)
    {
        var tensors = new TensorsByName(reader);
        if (QuantConfig.Of(config) is not { } quant)
        {
            if (Sign(tensors) is { } name) { Throw.NoConfig(config.Where, name); }
            return null;
        }
        var found = quant.Method switch
        {
            QuantMethod.MxFloat4 => MxFloat4Tensors.Find(quant, tensors),
            QuantMethod.CompressedTensors => CompressedTensors.Find(quant, tensors),
            _ => Float8Tensors.Find(quant, tensors),
        };
        if (found.Count == 0) { Throw.NothingQuantised(quant, reader.Path); }
        var ignored = new ModulePatterns(quant.Ignored);
        foreach (var tensor in found)
        {
            if (ignored.Find(ModulePatterns.ModuleOf(tensor.Name)) is { } pattern) { Throw.Ignored(quant, tensor, pattern); }
        }
        var dropped = tensors.All.Where(static t => SideName().IsMatch(t.Name)).Select(static t => t.Name);
        return new QuantScheme(quant, found, [.. dropped.Except(found.SelectMany(static t => t.Parts).Select(static p => p.Name), StringComparer.Ordinal)]);
    }

    /// <summary>A name that only quantised checkpoints have.</summary>
    static string? Sign(TensorsByName tensors)
    {
        foreach (var tensor in tensors.All)
        {
            if (Float8.IsKnown(tensor.DType) && (tensors.Find(tensor.Name + "_scale") ?? tensors.Find(tensor.Name + QuantViews.ScaleSuffix)) is { } scale) { return scale.Name; }
            if (Array.Exists(s_signs, sign => tensor.Name.EndsWith(sign, StringComparison.Ordinal))) { return tensor.Name; }
        }
        return null;
    }

    /// <summary>What is stored besides codes and their scales: for activations, the key/value cache, and shapes.</summary>
    [GeneratedRegex(@"([._](activation|input|output|[kqv]|prob)_(global_)?(scale|zero_point)|\.weight_(shape|g_idx|zero_point)|\.(activation|input)_scale_ub)$", RegexOptions.CultureInvariant)]
    private static partial Regex SideName();

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoConfig(string where, string name) => throw new MalformedCheckpointException(
            "QNT-1.3", where, $"has no quantization_config, but tensor {name} says that weights are quantised; give the config.json that belongs to them");

        [DoesNotReturn]
        internal static void NothingQuantised(QuantConfig config, string path) => throw new MalformedCheckpointException(
            "QNT-1.3", config.Where, $"says quant_method {config.MethodName}, but no tensor of {path} is quantised so; take quantization_config out if the weights are plain");

        [DoesNotReturn]
        internal static void Ignored(QuantConfig config, QuantisedTensor tensor, string pattern) => throw new MalformedCheckpointException(
            "QNT-1.3", config.Where, $"says that \"{pattern}\" is not quantised, but tensor {tensor.Codes.Name} is, with scales {tensor.Scale.Name}");
    }
}
