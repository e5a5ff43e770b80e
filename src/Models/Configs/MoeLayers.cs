using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;

namespace Ckpt.Models.Configs;

/// <summary>Reads which layers of a model with experts have none (CFG-3.3).</summary>
static class MoeLayers
{
    internal static IReadOnlySet<int> Dense(ConfigReader reader, MoeRules rules, int layers) => rules.Layers switch
    {
        MoeLayerRule.StepAndList => StepAndList(reader, layers),
        MoeLayerRule.FirstDense => FirstDense(reader, rules, layers),
        MoeLayerRule.Interval => Interval(reader, rules, layers),
        MoeLayerRule.Interleaved => Interleaved(reader, layers),
        _ => new HashSet<int>(),
    };

    static HashSet<int> StepAndList(ConfigReader reader, int layers)
    {
        var step = reader.OptionalSize("decoder_sparse_step") ?? 1;
        var listed = reader.Indices("mlp_only_layers").ToHashSet();
        return Without(layers, layer => (layer + 1) % step == 0 && !listed.Contains(layer));
    }

    // transformers DeepseekV3DecoderLayer and DeepSeek's own DeepseekDecoderLayer, which also asks moe_layer_freq.
    static HashSet<int> FirstDense(ConfigReader reader, MoeRules rules, int layers)
    {
        if (reader.OptionalTexts("mlp_layer_types") is { Count: > 0 } kinds)
        {
            if (kinds.Count != layers) { Throw.ListLength(reader.Where, "mlp_layer_types", kinds.Count, layers); }
            return Without(layers, layer => kinds[layer] == "sparse");
        }
        var first = reader.OptionalCount(0, "first_k_dense_replace") ?? rules.FirstDense;
        if (reader.OptionalList("moe_layer_freq") is { } list)
        {
            if (list.Count != layers) { Throw.ListLength(reader.Where, "moe_layer_freq", list.Count, layers); }
            return Without(layers, layer => layer >= first && list[layer] != 0);
        }
        var step = reader.OptionalSize("moe_layer_freq") ?? 1;
        return Without(layers, layer => layer >= first && layer % step == 0);
    }

    // transformers Ernie4_5_MoeDecoderLayer.
    static HashSet<int> Interval(ConfigReader reader, MoeRules rules, int layers)
    {
        var first = reader.OptionalCount(0, "moe_layer_start_index") ?? rules.FirstDense;
        var last = reader.OptionalCount(-1, "moe_layer_end_index") ?? -1;
        var step = reader.OptionalSize("moe_layer_interval") ?? 1;
        return Without(layers, layer => layer >= first && (last < 0 || layer <= last) && (layer + 1) % step == 0);
    }

    // transformers Llama4TextConfig.
    static HashSet<int> Interleaved(ConfigReader reader, int layers)
    {
        if (reader.OptionalList("moe_layers") is not null)
        {
            var listed = reader.Indices("moe_layers").ToHashSet();
            return Without(layers, listed.Contains);
        }
        var step = reader.OptionalSize("interleave_moe_layer_step") ?? 1;
        return Without(layers, layer => (layer + 1) % step == 0);
    }

    static HashSet<int> Without(int layers, Predicate<int> hasExperts) => [.. Enumerable.Range(0, layers).Where(layer => !hasExperts(layer))];

    static class Throw
    {
        [DoesNotReturn]
        internal static void ListLength(string where, string key, int found, int layers) => throw new MalformedCheckpointException(
            "CFG-3.5", where, $"{key} lists {found} layers, num_hidden_layers is {layers}");
    }
}
