using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;

namespace Ckpt.Models.Megatron;

/// <summary>What a rebuilt config says of gated delta nets.</summary>
static class DeltaNetConfigFromArgs
{
    const string Self = "self_attention.";

    internal static bool IsGated(MegatronShapes shapes) => shapes.Has(Self + "A_log");

    internal static void Add(ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var values = evidence.Agree("linear_num_value_heads", shapes.Size(Self + "A_log", 0, 1), "linear_num_value_heads", args.Size("linear_num_value_heads"));
        var valueDim = evidence.Agree("linear_value_head_dim", shapes.Size(Self + "norm.weight", 0, 1) ?? shapes.Size(Self + "out_norm.weight", 0, 1), "linear_value_head_dim", args.Size("linear_value_head_dim"));
        var keys = evidence.Agree("linear_num_key_heads", null, "linear_num_key_heads", args.Size("linear_num_key_heads"));
        evidence.Agree("linear_key_head_dim", KeyDim(shapes, keys, values * valueDim, args.Where), "linear_key_head_dim", args.Size("linear_key_head_dim"));
        evidence.Agree("linear_conv_kernel_dim", shapes.Size(Self + "conv1d.weight", 2, 3) ?? shapes.Size(Self + "conv1d.weight.query", 2, 3), "linear_conv_kernel_dim", args.Size("linear_conv_kernel_dim"));
        evidence.Set("layer_types", new JsonArray([.. shapes.LinearLayers.Select(static linear => (JsonNode)(linear ? "linear_attention" : "full_attention"))]), "the layers with A_log have linear attention");
    }

    // The convolution spans all queries, keys and values.
    static (string, long)? KeyDim(MegatronShapes shapes, long keys, long valueRows, string where)
    {
        if (shapes.Size(Self + "conv1d.weight.query", 0, 3) is { } query) { return ($"{query.Source} over linear_num_key_heads", PerHead(query, query.Value, keys, where)); }
        return shapes.Size(Self + "conv1d.weight", 0, 3) is { } all ? ($"the rest of {all.Source} over linear_num_key_heads", PerHead(all, (all.Value - valueRows) / 2, keys, where)) : null;
    }

    static long PerHead((string Source, long Value) rows, long keyRows, long keys, string where) =>
        keys > 0 && keyRows > 0 && keyRows % keys == 0 ? keyRows / keys : Throw.Rows(where, rows, keys);

    static class Throw
    {
        [DoesNotReturn]
        internal static long Rows(string where, (string Source, long Value) rows, long keys) => throw new MalformedCheckpointException(
            "CFG-5.2", where, $"{rows.Source} is {rows.Value}, which {keys} key heads cannot make");
    }
}
