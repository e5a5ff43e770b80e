using static Ckpt.Models.Families.StandardRows;

namespace Ckpt.Models.Families;

/// <summary>
/// Rows of multi-latent attention. Rows keep Hugging Face's order; the rotary elements stay interleaved as DeepSeek stores them. Names: Megatron-core
/// 0.16 <c>MLASelfAttention</c>, whose state dict has the joined down projection unjoined; MindSpeed-LLM joins it and may split the up projections.
/// </summary>
static class MlaRows
{
    const string Self = MegatronLayer + "self_attention.";

    /// <summary>Down projections as tensors of their own, or as one (MindSpeed-LLM).</summary>
    internal static readonly FamilyChoice s_down = new("mla down", FamilySide.Megatron, "separate", "joined");

    /// <summary>Up projections whole, or their parts with and without rotary embedding apart (MindSpeed-LLM's <c>mla-mm-split</c>).</summary>
    internal static readonly FamilyChoice s_up = new("mla up", FamilySide.Megatron, "whole", "split");

    /// <summary>Norms of the latents inside the up projections (Transformer Engine layers), or on their own (local layers, DSA, MindSpeed-LLM).</summary>
    internal static readonly FamilyChoice s_norms = new("mla norm", FamilySide.Megatron, "fused", "separate");

    internal static IReadOnlyList<FamilyChoice> Choices { get; } = [s_down, s_up, s_norms];

    internal static IReadOnlyList<FamilyRow> Attention { get; } =
    [
        FamilyRow.Same(Each.Layer, HfLayer + "input_layernorm.weight", MegatronLayer + "input_layernorm.weight", Dim.Hidden),
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.q_proj.weight", Self + "linear_q_proj.weight", Dim.MlaQueryRows, Dim.Hidden) with { When = When.DirectQuery, Option = new("mla down", "separate") },
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.q_a_proj.weight", Self + "linear_q_down_proj.weight", Dim.QueryLora, Dim.Hidden) with { When = When.QueryLora, Option = new("mla down", "separate") },
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.q_a_proj.bias", Self + "linear_q_down_proj.bias", Dim.QueryLora) with { When = When.QueryLora | When.AttentionBias, Option = new("mla down", "separate") },
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.kv_a_proj_with_mqa.weight", Self + "linear_kv_down_proj.weight", Dim.KvDownRows, Dim.Hidden) with { Option = new("mla down", "separate") },
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.kv_a_proj_with_mqa.bias", Self + "linear_kv_down_proj.bias", Dim.KvDownRows) with { When = When.AttentionBias, Option = new("mla down", "separate") },
        Joined("weight", When.QueryLora, "q_a_proj", Dim.QueryLora, Dim.Hidden),
        Joined("bias", When.QueryLora | When.AttentionBias, "q_a_proj", Dim.QueryLora),
        Joined("weight", When.DirectQuery, "q_proj", Dim.MlaQueryRows, Dim.Hidden),
        .. Norm("q_a_layernorm", "q", Dim.QueryLora, When.QueryLora),
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.q_b_proj.weight", Self + "linear_q_up_proj.weight", Dim.MlaQueryRows, Dim.QueryLora) with { When = When.QueryLora, Option = new("mla up", "whole") },
        Split("q_b_proj", Dim.QueryLora, ("linear_qk_nope", Dim.MlaNopeRows), ("linear_qk_rope", Dim.MlaRopeRows)) with { When = When.QueryLora },
        .. Norm("kv_a_layernorm", "kv", Dim.KvLora, When.Always),
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.kv_b_proj.weight", Self + "linear_kv_up_proj.weight", Dim.KvUpRows, Dim.KvLora) with { Option = new("mla up", "whole") },
        Split("kv_b_proj", Dim.KvLora, ("linear_kv_nope", Dim.MlaNopeRows), ("linear_v", Dim.MlaValueRows)),
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.o_proj.weight", Self + "linear_proj.weight", Dim.Hidden, Dim.MlaValueRows),
        FamilyRow.Same(Each.Layer, HfLayer + "self_attn.o_proj.bias", Self + "linear_proj.bias", Dim.Hidden) with { When = When.OutputBias },
    ];

    /// <summary>The modules of transformers' DeepSeek decoders, in the order their parameters come.</summary>
    internal static IReadOnlyList<string> HfOrder { get; } = FamilyOrder.Of(
    [
        "self_attn.q_proj.", "self_attn.q_a_proj.", "self_attn.q_a_layernorm.", "self_attn.q_b_proj.",
        "self_attn.kv_a_proj_with_mqa.", "self_attn.kv_a_layernorm.", "self_attn.kv_b_proj.", "self_attn.o_proj.",
        "mlp.experts.", "mlp.gate.", "mlp.shared_experts.", "mlp.gate_proj.", "mlp.up_proj.", "mlp.down_proj.",
        .. FamilyOrder.s_norms,
    ]);

    static FamilyRow Joined(string kind, When when, string query, Dim rows, params Dim[] rest) =>
        FamilyRow.Interleave(Each.Layer, Dim.One, Self + "linear_qkv." + kind, rest, (HfLayer + $"self_attn.{query}.{kind}", rows), (HfLayer + "self_attn.kv_a_proj_with_mqa." + kind, Dim.KvDownRows))
            with
        { When = when, Option = new("mla down", "joined") };

    static IEnumerable<FamilyRow> Norm(string hf, string letter, Dim size, When when) =>
    [
        FamilyRow.Same(Each.Layer, $"{HfLayer}self_attn.{hf}.weight", $"{Self}linear_{letter}_up_proj.layer_norm_weight", size) with { When = when, Option = new("mla norm", "fused") },
        FamilyRow.Same(Each.Layer, $"{HfLayer}self_attn.{hf}.weight", $"{Self}{letter}_layernorm.weight", size) with { When = when, Option = new("mla norm", "separate") },
    ];

    // Hugging Face: per head its first part, then its second.
    static FamilyRow Split(string hf, Dim rest, (string Megatron, Dim Rows) first, (string Megatron, Dim Rows) second) => new(
        Each.Layer, [first.Rows, second.Rows], [rest],
        [new($"{HfLayer}self_attn.{hf}.weight", Dim.Heads, 0, 1)],
        [new($"{Self}{first.Megatron}.weight", Dim.One, 0), new($"{Self}{second.Megatron}.weight", Dim.One, 1)])
    { Option = new("mla up", "split") };
}
