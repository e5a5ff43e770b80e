using Ckpt.Models.Configs;
using static Ckpt.Models.Families.FamilyMaker;

namespace Ckpt.Models.Families;

/// <summary>Families with multi-latent attention: DeepSeek-V2, DeepSeek-V3 and those that took its code.</summary>
static class LatentFamilies
{
    /// <summary>The norm before dense layers, fused into them (Transformer Engine layers) or on its own (local layers).</summary>
    internal static readonly FamilyChoice s_denseNorm = new("dense norm", FamilySide.Megatron, "fused", "separate");

    static readonly MoeRules s_v3 = new(["n_routed_experts", "num_local_experts"], ["num_experts_per_tok"], "moe_intermediate_size", 8, true)
    {
        Layers = MoeLayerRule.FirstDense,
        FirstDense = 3,
        Shared = ["n_shared_experts"],
        DefaultShared = 1,
        ScoreFunction = "sigmoid",
        ExpertBias = true,
    };

    static readonly ConfigRules s_config = new()
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        QkNorm = true,
        IsMla = true,
        MtpLayers = ["num_nextn_predict_layers"],
    };

    static readonly IReadOnlyList<FamilyRow> s_layer =
    [
        .. MlaRows.Attention, .. DenseNorms, .. StandardRows.DenseMlp.Skip(1), .. StandardRows.Experts, .. ExpertRows.Shared("mlp.shared_experts"),
    ];

    static readonly IReadOnlyList<FamilyRow> s_balancedLayer = [.. s_layer, ExpertRows.Balance("mlp.gate.e_score_correction_bias")];

    static readonly IReadOnlyDictionary<string, object> s_args = new Dictionary<string, object> { ["moe_router_load_balancing_type"] = "seq_aux_loss" };

    internal static ModelFamily DeepSeekV3 { get; } = V3("deepseek_v3", 4096, s_v3);

    internal static ModelFamily KimiK2 { get; } = V3("kimi_k2", 131072, s_v3);

    internal static IReadOnlyList<ModelFamily> All { get; } =
    [
        Latent("deepseek_v2", "DeepseekV2ForCausalLM", s_config with
        {
            MtpLayers = [],
            MaxPositions = 2048,
            Moe = new MoeRules(s_v3.Experts, s_v3.TopK, s_v3.Ffn, 2, false) { Layers = MoeLayerRule.FirstDense, Shared = ["n_shared_experts"], DefaultShared = 2 },
        }, s_layer),
        DeepSeekV3,
        KimiK2,
        MtpRows.CountedOn(Latent("glm4_moe_lite", "Glm4MoeLiteForCausalLM", s_config with
        {
            MaxPositions = 202752,
            NormEps = 1e-5,
            RopeTheta = 1_000_000,
            Moe = s_v3 with { FirstDense = 1 },
        }, s_balancedLayer)),
    ];

    /// <summary>The norm before dense layers under either of its names.</summary>
    internal static IReadOnlyList<FamilyRow> DenseNorms =>
    [
        StandardRows.DenseMlp[0] with { Option = new("dense norm", "fused") },
        StandardRows.DenseMlp[0] with { Megatron = [new(StandardRows.MegatronLayer + "pre_mlp_layernorm.weight", Dim.One, 0)], Option = new("dense norm", "separate") },
    ];

    static ModelFamily V3(string name, long positions, MoeRules moe) =>
        MtpRows.CountedOn(Latent(name, "DeepseekV3ForCausalLM", s_config with { MaxPositions = positions, Moe = moe }, s_balancedLayer));

    static ModelFamily Latent(string name, string architecture, ConfigRules config, IReadOnlyList<FamilyRow> layer) =>
        Make(name, architecture, config, MlaRows.HfOrder, layer) with { Choices = [StandardRows.s_experts, StandardRows.s_moeNorm, s_denseNorm, .. MlaRows.Choices], Args = s_args };
}
