using System.Globalization;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>
/// Paths inside a layer, of other implementations than Transformer Engine's by Megatron-core: models of before it, its fused operators,
/// MindSpeed. Source: megatron-core `sharded_state_dict_keys_map`, Megatron-LM `megatron/legacy/model`, MindSpeed-LLM `ckpt` converters.
/// </summary>
static class LegacyPaths
{
    static readonly (string Old, string New)[] s_old =
    [
        ("attention.", "self_attention."),
        ("self_attention.query_key_value.", "self_attention.linear_qkv."),
        ("self_attention.dense.", "self_attention.linear_proj."),
        ("input_norm.", "input_layernorm."),
        ("post_attention_norm.", "pre_mlp_layernorm."),
        ("post_attention_layernorm.", "pre_mlp_layernorm."),
        ("mlp.dense_h_to_4h.", "mlp.linear_fc1."),
        ("mlp.dense_4h_to_h.", "mlp.linear_fc2."),
        ("mlp.local_experts.", "mlp.experts.local_experts."),
    ];

    static readonly (string Other, string Core)[] s_other =
    [
        ("mlp.0.", "mlp.linear_fc1.layer_norm_"),
        ("mlp.1.basic_ops.0.", "mlp.linear_fc1."),
        ("mlp.1.basic_ops.1.", "mlp.linear_fc1."),
        ("mlp.3.basic_ops.0.", "mlp.linear_fc2."),
        ("mlp.3.basic_ops.1.", "mlp.linear_fc2."),
        ("post_attn_norm.", "post_self_attn_layernorm."),
        ("self_attention.dsa_indexer.k_norm.", "self_attention.core_attention.indexer.k_norm."),
        ("self_attention.dsa_indexer.", "self_attention.core_attention.indexer.linear_"),
    ];

    /// <summary>The path of a layer of before Megatron-core, as Megatron-core's own layers have it.</summary>
    internal static string OfOld(string path)
    {
        foreach (var (old, now) in s_old)
        {
            if (path.StartsWith(old, StringComparison.Ordinal)) { path = now + path[old.Length..]; }
        }
        if (path.StartsWith("mlp.experts.local_experts.", StringComparison.Ordinal))
        {
            path = path.Replace(".dense_h_to_4h.", ".linear_fc1.", StringComparison.Ordinal).Replace(".dense_4h_to_h.", ".linear_fc2.", StringComparison.Ordinal);
        }
        return path;
    }

    /// <summary>The path without the differences that are of names only.</summary>
    internal static string Plain(string path)
    {
        foreach (var (other, core) in s_other)
        {
            if (path.StartsWith(other, StringComparison.Ordinal)) { return core + path[other.Length..]; }
        }
        return path;
    }

    /// <summary>An expert's tensor in either of the forms that name experts by number: the path without the number, and the number.</summary>
    internal static bool TryExpert(string path, out string canonical, out int expert)
    {
        const string Sequential = "mlp.experts.local_experts.", Grouped = "mlp.experts.linear_fc";
        (canonical, expert) = ("", -1);
        if (path.StartsWith(Sequential, StringComparison.Ordinal))
        {
            var dot = path.IndexOf('.', Sequential.Length);
            if (dot < 0 || !TryNumber(path.AsSpan(Sequential.Length, dot - Sequential.Length), out expert)) { return false; }
            canonical = "mlp.experts.experts" + path[dot..];
            return true;
        }
        if (!path.StartsWith(Grouped, StringComparison.Ordinal)) { return false; }
        var end = path.AsSpan().TrimEnd("0123456789").Length;
        if (end == path.Length || !(path.AsSpan(0, end).EndsWith(".weight") || path.AsSpan(0, end).EndsWith(".bias")) || !TryNumber(path.AsSpan(end), out expert)) { return false; }
        canonical = "mlp.experts.experts." + path["mlp.experts.".Length..end];
        return true;
    }

    static bool TryNumber(ReadOnlySpan<char> text, out int number)
    {
        number = -1;
        return text.Length is > 0 and <= 7 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
