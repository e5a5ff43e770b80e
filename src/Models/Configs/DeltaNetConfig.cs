using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Models.Configs;

/// <summary>The sizes of gated delta nets, and the layers that are such.</summary>
/// <param name="KeyHeads">Key heads, each of which serves <c>ValueHeads / KeyHeads</c> value heads.</param>
/// <param name="ValueHeads">Value heads.</param>
/// <param name="KeyDim">Size of a key head.</param>
/// <param name="ValueDim">Size of a value head.</param>
/// <param name="ConvKernel">Positions the convolution spans.</param>
/// <param name="Layers">The layers; the others have full attention.</param>
public sealed record DeltaNetConfig(long KeyHeads, long ValueHeads, long KeyDim, long ValueDim, long ConvKernel, IReadOnlySet<int> Layers)
{
    const string Linear = "linear_attention";
    const string Full = "full_attention";

    // Defaults: transformers 5.12 Qwen3NextConfig and Qwen3_5TextConfig.
    internal static DeltaNetConfig Parse(ConfigReader reader, int layers)
    {
        var keys = reader.OptionalSize("linear_num_key_heads") ?? 16;
        var values = reader.OptionalSize("linear_num_value_heads") ?? 32;
        if (values % keys != 0) { Throw.Heads(reader.Where, values, keys); }
        if (keys * layers > MostParts) { Throw.TooMany(reader.Where, keys, layers); }
        return new DeltaNetConfig(
            keys, values, reader.OptionalSize("linear_key_head_dim") ?? 128, reader.OptionalSize("linear_value_head_dim") ?? 128,
            reader.OptionalSize("linear_conv_kernel_dim") ?? 4, LinearLayers(reader, layers));
    }

    const long MostParts = 1 << 19;

    static HashSet<int> LinearLayers(ConfigReader reader, int layers)
    {
        var kinds = reader.Texts("layer_types");
        if (kinds.Count == 0)
        {
            var every = reader.OptionalSize("full_attention_interval") ?? 4;
            return [.. Enumerable.Range(0, layers).Where(layer => (layer + 1) % every != 0)];
        }
        if (kinds.Count != layers) { Throw.Kinds(reader.Where, kinds.Count, layers); }
        if (kinds.FirstOrDefault(static kind => kind is not (Linear or Full)) is { } other) { Throw.Kind(reader.Where, other); }
        return [.. kinds.Index().Where(static kind => kind.Item == Linear).Select(static kind => kind.Index)];
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Heads(string where, long values, long keys) => throw new MalformedCheckpointException(
            "CFG-7.2", where, $"linear_num_value_heads is {values} and linear_num_key_heads {keys}; each of the {keys} must serve as many of the {values}");

        [DoesNotReturn]
        internal static void TooMany(string where, long keys, int layers) => throw new MalformedCheckpointException(
            "CFG-1.6", where, $"{layers} layers of {keys} linear key heads are {keys * layers}, allowed are at most {MostParts}");

        [DoesNotReturn]
        internal static void Kinds(string where, int found, int layers) => throw new MalformedCheckpointException(
            "CFG-7.3", where, $"layer_types lists {found} layers, num_hidden_layers is {layers}");

        [DoesNotReturn]
        internal static void Kind(string where, string found) => throw new MalformedCheckpointException(
            "CFG-7.3", where, $"layer_types has \"{(found.Length <= 60 ? found : found[..60] + "…")}\", allowed are {Linear} and {Full}");
    }
}
