using Ckpt.Models.Configs;
using static Ckpt.Models.Families.FamilyMaker;

namespace Ckpt.Models.Families;

/// <summary>Families with gated attention every few layers and gated delta nets in between: Qwen3-Next and Qwen3.5.</summary>
static class GatedFamilies
{
    const string SeparateNorm = "separate";
    const string FusedNorm = "fused";

    static readonly ConfigRules s_config = new()
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        QkNorm = true,
        ZeroCentredNorms = true,
        KvHeads = 2,
        HeadDim = 256,
        MaxPositions = 32768,
        PartialRotary = 0.25,
        HasDeltaNets = true,
    };

    static readonly MoeRules s_moe = new(["num_experts", "num_local_experts"], ["num_experts_per_tok"], "moe_intermediate_size", 10, true)
    {
        SharedFfn = "shared_expert_intermediate_size",
        DefaultShared = 512,
        SharedGate = true,
    };

    static readonly IReadOnlyList<FamilyRow> s_dense = [.. LatentFamilies.DenseNorms, .. StandardRows.DenseMlp.Skip(1)];

    static readonly IReadOnlyList<FamilyRow> s_experts =
        [.. StandardRows.Experts, .. ExpertRows.Shared("mlp.shared_expert"), ExpertRows.SharedGate("mlp.shared_expert_gate.weight")];

    static readonly IReadOnlyList<string> s_order = FamilyOrder.Of(
    [
        "linear_attn.dt_bias", "linear_attn.A_log", "linear_attn.conv1d.", "linear_attn.in_proj_qkvz.", "linear_attn.in_proj_ba.", "linear_attn.norm.", "linear_attn.out_proj.",
        "linear_attn.in_proj_qkv.", "linear_attn.in_proj_z.", "linear_attn.in_proj_b.", "linear_attn.in_proj_a.",
        .. FamilyOrder.s_attention,
        "mlp.gate.", "mlp.experts.", "mlp.shared_expert.", "mlp.shared_expert_gate.", "mlp.gate_proj.", "mlp.up_proj.", "mlp.down_proj.",
        .. FamilyOrder.s_norms,
    ]);

    /// <summary>The dense Qwen3.5 alone.</summary>
    internal static ModelFamily Qwen35 { get; } = MtpRows.OnItsOwn(
        Of("qwen3_5_text", "Qwen3_5ForCausalLM", s_config with { KvHeads = 4, MtpLayers = ["mtp_num_hidden_layers"] }, DeltaNetRows.Joined, FusedNorm, DeltaNetRows.ByPart, s_dense));

    /// <summary>The Qwen3.5 with experts alone, which are published fused.</summary>
    internal static ModelFamily Qwen35Moe { get; } = MtpRows.OnItsOwn(WithExperts(
        Of("qwen3_5_moe_text", "Qwen3_5MoeForCausalLM", s_config with { MtpLayers = ["mtp_num_hidden_layers"], Moe = s_moe with { DefaultTopK = 8 } },
            DeltaNetRows.Joined, FusedNorm, DeltaNetRows.ByPart, [.. s_dense, .. s_experts]),
        new("experts", FamilySide.Hf, "fused", "per expert")));

    internal static IReadOnlyList<ModelFamily> All { get; } =
    [
        MtpRows.OnItsOwn(WithExperts(
            Of("qwen3_next", "Qwen3NextForCausalLM", s_config with { Moe = s_moe }, DeltaNetRows.Module, SeparateNorm, DeltaNetRows.ByHead, [.. s_dense, .. s_experts]),
            StandardRows.s_experts)),
        Qwen35,
        Qwen35Moe,
    ];

    static ModelFamily WithExperts(ModelFamily family, FamilyChoice experts) => family with { Choices = [experts, StandardRows.s_moeNorm, .. family.Choices] };

    static ModelFamily Of(string name, string architecture, ConfigRules config, string form, string norm, IReadOnlyList<FamilyRow> net, IReadOnlyList<FamilyRow> feedForward) =>
        Make(name, architecture, config, s_order, [.. GatedRows.Attention, .. net, .. feedForward]) with
        {
            Choices =
            [
                LatentFamilies.s_denseNorm, GatedRows.s_dialect, DeltaNetRows.Forms(form),
                Norm("attention norm", norm), Norm("delta net norm", norm),
            ],
            Args = new Dictionary<string, object> { ["attention_output_gate"] = true, ["mcore_model_type"] = name == "qwen3_next" ? name : "qwen3_5" },
        };

    static FamilyChoice Norm(string name, string first) => new(name, FamilySide.Megatron, first, first == FusedNorm ? SeparateNorm : FusedNorm);
}
