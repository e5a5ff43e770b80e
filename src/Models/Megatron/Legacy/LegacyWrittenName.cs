using System.Globalization;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Names in a rank's state dict, made from Megatron's canonical ones: the way back of <see cref="LegacyKey"/> and <see cref="LegacyPaths"/>. Pure.</summary>
static class LegacyWrittenName
{
    const string Experts = "mlp.experts.experts.";

    static readonly (string Canonical, string Local)[] s_local =
    [
        ("self_attention.linear_qkv.layer_norm_", "input_layernorm."),
        ("mlp.linear_fc1.layer_norm_", "pre_mlp_layernorm."),
        ("self_attention.linear_q_up_proj.layer_norm_", "self_attention.q_layernorm."),
        ("self_attention.linear_kv_up_proj.layer_norm_", "self_attention.kv_layernorm."),
    ];

    static readonly (string Canonical, string MindSpeed)[] s_mindSpeed =
    [
        ("post_self_attn_layernorm.", "post_attn_norm."),
        ("self_attention.core_attention.indexer.linear_", "self_attention.dsa_indexer."),
        ("self_attention.core_attention.indexer.", "self_attention.dsa_indexer."),
    ];

    /// <summary>The name of a tensor.</summary>
    /// <param name="key">Its canonical name; in a decoder layer, of any number.</param>
    /// <param name="layer">The layer's number in the chunk.</param>
    /// <param name="expert">The expert's number on the rank; −1 where it is none's.</param>
    /// <param name="options">Whose names.</param>
    internal static string Of(LegacyKey key, int layer, int expert, LegacyTorchWriterOptions options)
    {
        var path = key.Path;
        if (key.IsInLayer) { path = InLayer(path, options); }
        else if (options.Layers == LegacyLayers.MindSpeed) { return Outside(path, options.Layout.Stages.MtpLayers); }
        if (path.StartsWith(Experts, StringComparison.Ordinal)) { path = OfExpert(path[Experts.Length..], expert, options.Experts); }
        return (key with { Path = path }).Name(layer);
    }

    static string InLayer(string path, LegacyTorchWriterOptions options)
    {
        if (options.Layers != LegacyLayers.TransformerEngine) { path = Replaced(path, s_local); }
        return options.Layers == LegacyLayers.MindSpeed ? Replaced(path, s_mindSpeed) : path;
    }

    static string Replaced(string path, (string From, string To)[] names)
    {
        foreach (var (from, to) in names)
        {
            if (path.StartsWith(from, StringComparison.Ordinal)) { return to + path[from.Length..]; }
        }
        return path;
    }

    static string OfExpert(string path, int expert, LegacyExperts experts)
    {
        var number = expert.ToString(CultureInfo.InvariantCulture);
        return experts switch
        {
            LegacyExperts.TransformerEngineGrouped => $"mlp.experts.{path}{number}",
            LegacyExperts.Sequential => $"mlp.experts.local_experts.{number}.{path}",
            _ => path.StartsWith("linear_fc1.", StringComparison.Ordinal) ? "mlp.experts.weight1" : "mlp.experts.weight2",
        };
    }

    /// <summary>MindSpeed keeps the norms of multi-token prediction in a list of their own, and names the main one otherwise then.</summary>
    static string Outside(string path, int mtpLayers)
    {
        const string Mtp = "mtp.layers.", Norm = ".final_layernorm.";
        var at = path.StartsWith(Mtp, StringComparison.Ordinal) ? path.IndexOf(Norm, StringComparison.Ordinal) : -1;
        if (at > 0) { return $"mtp.final_layernorms.{path[Mtp.Length..at]}.{path[(at + Norm.Length)..]}"; }
        return mtpLayers > 0 && path.StartsWith("decoder.final_layernorm.", StringComparison.Ordinal) ? path["decoder.".Length..] : path;
    }
}
