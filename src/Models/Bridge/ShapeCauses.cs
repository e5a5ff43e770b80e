using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;

namespace Ckpt.Models.Bridge;

/// <summary>What the numbers of two shapes say about why they differ.</summary>
static partial class ShapeCauses
{
    internal static string Of(string name, Shape expected, Shape found, ModelConfig config)
    {
        if (expected.Rank != found.Rank) { return $"It has {found.Rank} axes, not {expected.Rank}: its names or layers may be laid out another way."; }
        if (expected.Rank == 2 && expected[0] != expected[1] && found[0] == expected[1] && found[1] == expected[0]) { return "It is transposed."; }
        var axis = 0;
        while (expected[axis] == found[axis]) { axis++; }
        var (want, have) = (expected[axis], found[axis]);
        if (axis == 0 && expected[0] == config.Layers && !FaultContextHasLayer(name) && expected.Rank > 1 && LayerAxis().IsMatch(name)) { return $"It holds {have} layers, config.json says num_hidden_layers {want}."; }
        if (Vocabulary().IsMatch(name) && axis == 0) { return Rows(want, have); }
        if (want == config.Hidden && axis == expected.Rank - 1 && !RowParallel().IsMatch(name)) { return $"The hidden size there is {have}, config.json says hidden_size {want}."; }
        return Heads(name, axis - (expected.Rank - 2), want, have, config) ?? $"Axis {axis} is {have} instead of {want}: config.json may be of another model.";
    }

    static bool FaultContextHasLayer(string name) => FaultContext.LayerOf(name) >= 0;

    static string Rows(long want, long have) => have > want
        ? $"It has {have - want} rows more than the vocabulary of {want}: the vocabulary was padded, or tokens were added without config.json saying so."
        : $"It has {want - have} rows fewer than config.json's vocab_size {want}.";

    static string? Heads(string name, int axis, long want, long have, ModelConfig config)
    {
        var rows = axis == 0 || name.EndsWith(".bias", StringComparison.Ordinal);
        if (QueryKeyNorm().IsMatch(name)) { return $"Heads there are {have} wide, config.json says {config.HeadDim} (head_dim)."; }
        if (name.Contains("q_proj.", StringComparison.Ordinal) && rows && have % config.Heads == 0) { return HeadDim(have / config.Heads, config); }
        if (name.Contains("linear_qkv.", StringComparison.Ordinal) && rows && have % (config.Heads + (2 * config.KvGroups)) == 0) { return HeadDim(have / (config.Heads + (2 * config.KvGroups)), config); }
        if (KeyValue().IsMatch(name) && rows && have % config.HeadDim == 0) { return $"That is {have / config.HeadDim} key/value heads of {config.HeadDim}, config.json says {config.KvGroups} (num_key_value_heads)."; }
        if ((name.Contains("o_proj.", StringComparison.Ordinal) || name.Contains("linear_proj.", StringComparison.Ordinal)) && have % config.Heads == 0) { return HeadDim(have / config.Heads, config); }
        if (FeedForward().IsMatch(name)) { return $"The feed-forward width there is {(name.Contains("fc1", StringComparison.Ordinal) ? have / 2 : have)}, config.json makes it {(name.Contains("fc1", StringComparison.Ordinal) ? want / 2 : want)}."; }
        return null;
    }

    static string HeadDim(long found, ModelConfig config) => $"That is {config.Heads} heads of {found}, config.json makes them {config.HeadDim} wide (head_dim).";

    [GeneratedRegex(@"(^|\.)(embed_tokens|lm_head|word_embeddings|output_layer)\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex Vocabulary();

    [GeneratedRegex(@"(^|\.)decoder\.layers\.[a-z]", RegexOptions.CultureInvariant)]
    private static partial Regex LayerAxis();

    [GeneratedRegex(@"(down_proj|o_proj|linear_fc2|linear_proj)\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex RowParallel();

    [GeneratedRegex(@"\.[qk]_(norm|layernorm)\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex QueryKeyNorm();

    [GeneratedRegex(@"\.[kv]_proj\.", RegexOptions.CultureInvariant)]
    private static partial Regex KeyValue();

    [GeneratedRegex(@"(gate_proj|up_proj|down_proj|linear_fc1|linear_fc2)\.(weight|bias)$", RegexOptions.CultureInvariant)]
    private static partial Regex FeedForward();
}
