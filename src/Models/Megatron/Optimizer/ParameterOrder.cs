using System.Globalization;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>Where a layer's fused norms stand among its parameters.</summary>
enum NormOrder
{
    /// <summary>Before the weight of their own module (Transformer Engine).</summary>
    BeforeWeight,

    /// <summary>In front of the block, as modules of their own (Megatron's local layers).</summary>
    BeforeBlock,

    /// <summary>Behind the weight of their own module.</summary>
    AfterWeight,
}

/// <summary>How a layer's experts follow each other.</summary>
enum ExpertOrder
{
    /// <summary>The first matrix of all, then the second of all (grouped).</summary>
    MatrixFirst,

    /// <summary>Expert by expert (sequential).</summary>
    ExpertFirst,

    /// <summary>As the first, with each expert's bias behind its weight.</summary>
    MatrixFirstBiasBeside,
}

/// <summary>
/// The order in which a model's modules register their parameters (STA-3.2), which is that of its grad buffers backwards. Source: Megatron-LM
/// core/models/gpt/gpt_model.py, core/transformer/{transformer_layer,attention,multi_latent_attention,mlp}.py, core/transformer/moe, core/ssm.
/// </summary>
readonly record struct ParameterOrder(NormOrder Norms, ExpertOrder Experts)
{
    // In the order of the constructors; parameters a module has itself come before those of its parts.
    static readonly string[] s_layer =
    [
        "input_layernorm", "self_attention.dt_bias", "self_attention.A_log", "self_attention.core_attention", "self_attention.linear_proj", "self_attention.linear_qkv",
        "self_attention.linear_q_proj", "self_attention.linear_q_down_proj", "self_attention.linear_q_up_proj", "self_attention.linear_kv_down_proj",
        "self_attention.linear_kv_up_proj", "self_attention.q_layernorm", "self_attention.k_layernorm", "self_attention.kv_layernorm",
        "self_attention.in_proj", "self_attention.conv1d", "self_attention.out_norm", "self_attention.out_proj",
        "pre_mlp_layernorm", "mlp.router", "mlp.experts", "mlp.shared_experts.gate_weight", "mlp.shared_experts.linear_fc1", "mlp.shared_experts.linear_fc2",
        "mlp.linear_fc1", "mlp.linear_fc2",
    ];

    static readonly string[] s_mtp = ["enorm", "hnorm", "eh_proj", "transformer_layer", "mtp_model_layer", "final_layernorm"];

    static readonly Dictionary<string, int> s_layerPlaces = Places(s_layer);
    static readonly Dictionary<string, int> s_mtpPlaces = Places(s_mtp);

    /// <summary>The orders that are tried, the most common first.</summary>
    internal static IReadOnlyList<ParameterOrder> All { get; } =
    [
        .. from norms in Enum.GetValues<NormOrder>()
           from experts in Enum.GetValues<ExpertOrder>()
           select new ParameterOrder(norms, experts),
    ];

    public override string ToString() => $"norms {Words(Norms.ToString())}, experts {Words(Experts.ToString())}";

    /// <summary>What sorts the parameters of one model chunk, or null where a name is of no known module.</summary>
    /// <param name="key">The parameter's name without the number of its layer: <c>decoder.layers.mlp.linear_fc2.weight</c>.</param>
    /// <param name="layer">The layer's number in the chunk, where it is of one.</param>
    /// <param name="expert">The expert's number on the rank, where it is of one.</param>
    internal long[]? Place(string key, int layer, long expert)
    {
        if (key.StartsWith("embedding.", StringComparison.Ordinal))
        {
            var place = Array.IndexOf(["embedding.word_embeddings.weight", "embedding.position_embeddings.weight", "embedding.tokentype_embeddings.weight"], key);
            return place < 0 ? null : [0, 0, place];
        }
        if (After(key, "decoder.layers.") is { } inner) { return InLayer(inner, expert) is { } place ? [1, layer, .. place] : null; }
        if (After(key, "decoder.final_layernorm.") is { } norm) { return [2, 0, norm == "weight" ? 0 : 1]; }
        if (After(key, "mtp.layers.") is { } mtp) { return InMtp(mtp, expert) is { } place ? [3, layer, .. place] : null; }
        if (After(key, "output_layer.") is { } output) { return [4, 0, output == "weight" ? 0 : 1]; }
        return null;
    }

    long[]? InMtp(string name, long expert)
    {
        var dot = name.IndexOf('.');
        if (dot < 0 || !s_mtpPlaces.TryGetValue(name[..dot], out var place)) { return null; }
        var rest = name[(dot + 1)..];
        if (name.StartsWith("transformer_layer.", StringComparison.Ordinal) || name.StartsWith("mtp_model_layer.", StringComparison.Ordinal))
        {
            return InLayer(rest, expert) is { } inner ? [place, .. inner] : null;
        }
        return [place, Suffix(rest)];
    }

    long[]? InLayer(string name, long expert)
    {
        if (After(name, "mlp.experts.") is { } inside) { return [s_layerPlaces["mlp.experts"], .. InExperts(inside, expert)]; }
        var last = name.LastIndexOf('.');
        var module = last < 0 ? name : name[..last];
        var suffix = last < 0 ? "" : name[(last + 1)..];
        // Parameters that a module has itself have its name as theirs.
        if (s_layerPlaces.TryGetValue(name, out var own)) { return [own, 0]; }
        if (!s_layerPlaces.TryGetValue(module, out var place)) { return null; }
        if (Norms == NormOrder.BeforeBlock && suffix.StartsWith("layer_norm_", StringComparison.Ordinal))
        {
            var block = module switch
            {
                "mlp.linear_fc1" => "pre_mlp_layernorm",
                "self_attention.linear_q_up_proj" => "self_attention.q_layernorm",
                "self_attention.linear_kv_up_proj" => "self_attention.kv_layernorm",
                _ => "input_layernorm",
            };
            return [s_layerPlaces[block], suffix == "layer_norm_weight" ? 0 : 1];
        }
        return [place, Suffix(suffix)];
    }

    /// <summary>Below <c>mlp.experts.experts.</c>: <c>linear_fc1.weight</c> and so on.</summary>
    long[] InExperts(string name, long expert)
    {
        var matrix = name.Contains("linear_fc2", StringComparison.Ordinal) ? 1 : 0;
        var bias = name.EndsWith(".bias", StringComparison.Ordinal) ? 1 : 0;
        return Experts switch
        {
            ExpertOrder.ExpertFirst => [expert, matrix, bias],
            ExpertOrder.MatrixFirst => [matrix, bias, expert],
            _ => [matrix, expert, bias],
        };
    }

    long Suffix(string suffix) => suffix switch
    {
        "layer_norm_weight" => Norms == NormOrder.AfterWeight ? 4 : 0,
        "layer_norm_bias" => Norms == NormOrder.AfterWeight ? 5 : 1,
        "weight" => 2,
        "bias" => 3,
        _ => 6,
    };

    static string? After(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null;

    static Dictionary<string, int> Places(string[] names) => names.Select(static (name, place) => (name, place)).ToDictionary(static n => n.name, static n => n.place, StringComparer.Ordinal);

    static string Words(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? " " + char.ToLower(c, CultureInfo.InvariantCulture) : char.ToLower(c, CultureInfo.InvariantCulture).ToString()));
}
