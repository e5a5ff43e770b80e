using System.Collections.Frozen;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron;

/// <summary>How a module's parameters are shared by tensor ranks, as Megatron-core's modules announce it in their sharded state dicts.</summary>
enum ModuleCut
{
    /// <summary>All of them on every rank.</summary>
    Whole,

    /// <summary>Column-parallel: weight and bias by rows; a norm fused into it whole.</summary>
    Column,

    /// <summary>Row-parallel: the weight by columns, the bias whole.</summary>
    Row,

    /// <summary>Column-parallel, of gate and up rows where the model is gated.</summary>
    GatedColumn,

    /// <summary>A row for each token.</summary>
    Vocabulary,

    /// <summary>A row for each token, or a classifier.</summary>
    Head,

    /// <summary>Query, key and value; whole in MindSpeed's latent attention.</summary>
    Qkv,

    /// <summary>A down projection of latent attention.</summary>
    LatentDown,

    /// <summary>The input projection of linear attention or of a state-space layer.</summary>
    LinearIn,

    /// <summary>The convolution of linear attention or of a state-space layer.</summary>
    LinearConv,

    /// <summary>The output projection of linear attention.</summary>
    LinearOut,

    /// <summary>A bare parameter with a value for each head.</summary>
    Heads,

    /// <summary>The same of linear attention, which may be whole.</summary>
    LinearHeads,
}

/// <summary>
/// The modules of Megatron's models by their path inside a layer, or in the model: Megatron-core 0.8 to 0.19, mcore-bridge, and what
/// MindSpeed-LLM names otherwise. Bare parameters stand here by their whole path.
/// </summary>
static class MegatronCutTable
{
    /// <summary>Paths inside a decoder layer.</summary>
    internal static FrozenDictionary<string, ModuleCut> Layer { get; } = Table(
        (ModuleCut.Qkv, ["self_attention.linear_qkv"]),
        (ModuleCut.Column, [
            "self_attention.linear_q_proj", "self_attention.linear_q_up_proj", "self_attention.linear_kv_up_proj",
            // MindSpeed: --mla-mm-split, and the full attention of its Qwen3-Next.
            "self_attention.linear_qk_nope", "self_attention.linear_qk_rope", "self_attention.linear_kv_nope", "self_attention.linear_v",
            "self_attention.q_proj", "self_attention.k_proj", "self_attention.v_proj"]),
        (ModuleCut.LatentDown, ["self_attention.linear_q_down_proj", "self_attention.linear_kv_down_proj", "self_attention.linear_qkv_down_proj"]),
        (ModuleCut.Row, ["self_attention.linear_proj", "mlp.linear_fc2", "mlp.shared_experts.linear_fc2", "mixer.out_proj"]),
        (ModuleCut.GatedColumn, ["mlp.linear_fc1", "mlp.shared_experts.linear_fc1"]),
        (ModuleCut.Heads, ["self_attention.core_attention.softmax_offset", "mixer.A_log", "mixer.D", "mixer.dt_bias"]),
        (ModuleCut.Column, ["mixer.norm"]),
        (ModuleCut.LinearHeads, ["self_attention.A_log", "self_attention.dt_bias"]),
        (ModuleCut.LinearIn, ["self_attention.in_proj", "self_attention.in_proj_qkvz", "self_attention.in_proj_ba", "mixer.in_proj"]),
        (ModuleCut.LinearConv, ["self_attention.conv1d", "mixer.conv1d"]),
        (ModuleCut.LinearOut, ["self_attention.out_proj"]),
        (ModuleCut.Whole, [
            "input_layernorm", "pre_mlp_layernorm", "norm", "post_self_attn_layernorm", "post_mlp_layernorm", "post_attn_norm", "post_attention_layernorm",
            "self_attention.post_self_attn_layernorm", "mlp.post_mlp_layernorm", "self_attention.linear_proj.post_layernorm", "mlp.linear_fc2.post_layernorm",
            // Over all heads at once: mcore-bridge gathers queries and keys first.
            "self_attention.q_norm", "self_attention.k_norm",
            // The Hugging Face module of Qwen3.5, embedded as it is.
            "self_attention.in_proj_qkv", "self_attention.in_proj_z", "self_attention.in_proj_b", "self_attention.in_proj_a",
            "self_attention.q_layernorm", "self_attention.k_layernorm", "self_attention.kv_layernorm", "self_attention.norm", "self_attention.out_norm",
            "self_attention.core_attention.indexer.linear_wq_b", "self_attention.core_attention.indexer.linear_wk",
            "self_attention.core_attention.indexer.linear_weights_proj", "self_attention.core_attention.indexer.k_norm",
            "self_attention.dsa_indexer.wq_b", "self_attention.dsa_indexer.wk", "self_attention.dsa_indexer.weights_proj", "self_attention.dsa_indexer.k_norm",
            "mlp.router", "mlp.router.expert_bias", "mlp.router.qb_beta", "mlp.shared_experts.gate_weight", "mlp.fc1_latent_proj", "mlp.fc2_latent_proj",
            "self_attention_hyper_connection.mapping_proj", "self_attention_hyper_connection.alpha_pre", "self_attention_hyper_connection.alpha_post",
            "self_attention_hyper_connection.alpha_res", "self_attention_hyper_connection.bias",
            "mlp_hyper_connection.mapping_proj", "mlp_hyper_connection.alpha_pre", "mlp_hyper_connection.alpha_post",
            "mlp_hyper_connection.alpha_res", "mlp_hyper_connection.bias"]));

    /// <summary>Paths inside one expert, behind <c>mlp.experts.experts.</c></summary>
    internal static FrozenDictionary<string, ModuleCut> Expert { get; } = Table(
        (ModuleCut.GatedColumn, ["linear_fc1"]),
        (ModuleCut.Row, ["linear_fc2"]));

    /// <summary>Paths inside a multi-token-prediction layer, besides its decoder layer.</summary>
    internal static FrozenDictionary<string, ModuleCut> Mtp { get; } = Table(
        (ModuleCut.Whole, ["enorm", "hnorm", "final_layernorm"]),
        (ModuleCut.Column, ["eh_proj"]));

    /// <summary>Paths outside layers.</summary>
    internal static FrozenDictionary<string, (ModuleCut Cut, PlaceKind Place)> Model { get; } = new Dictionary<string, (ModuleCut, PlaceKind)>
    {
        ["embedding.word_embeddings"] = (ModuleCut.Vocabulary, PlaceKind.Embedding),
        ["embedding.position_embeddings"] = (ModuleCut.Whole, PlaceKind.Embedding),
        ["embedding.tokentype_embeddings"] = (ModuleCut.Whole, PlaceKind.Embedding),
        ["decoder.final_layernorm"] = (ModuleCut.Whole, PlaceKind.FinalNorm),
        ["decoder.final_norm"] = (ModuleCut.Whole, PlaceKind.FinalNorm),
        // MindSpeed, with multi-token prediction.
        ["final_layernorm"] = (ModuleCut.Whole, PlaceKind.FinalNorm),
        ["output_layer"] = (ModuleCut.Head, PlaceKind.Output),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Parts of a packed weight that torch_dist stores under names of their own, each shared by rows.</summary>
    internal static FrozenSet<string> PackedParts { get; } = new[]
    {
        "query", "key", "value", "z", "beta", "alpha", "f", "b", "w", "x", "B", "C", "dt", "Q", "a",
    }.ToFrozenSet(StringComparer.Ordinal);

    static FrozenDictionary<string, ModuleCut> Table(params (ModuleCut Cut, string[] Paths)[] rows)
    {
        var table = new Dictionary<string, ModuleCut>(StringComparer.Ordinal);
        foreach (var (cut, paths) in rows)
        {
            foreach (var path in paths) { table.Add(path, cut); }
        }
        return table.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
