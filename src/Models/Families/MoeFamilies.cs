using Ckpt.Models.Configs;
using static Ckpt.Models.Families.FamilyMaker;

namespace Ckpt.Models.Families;

/// <summary>Families with experts, each a tensor of its own in the files they are published in.</summary>
static class MoeFamilies
{
    static readonly string[] s_count = ["num_local_experts", "num_experts"];
    static readonly string[] s_routed = ["n_routed_experts", "num_local_experts"];
    static readonly string[] s_perToken = ["num_experts_per_tok"];

    static readonly IReadOnlyList<FamilyChoice> s_choices = [StandardRows.s_experts, StandardRows.s_moeNorm];

    // Dense layers first, then experts with some that every token goes to; transformers has the experts before their router.
    static readonly IReadOnlyList<FamilyRow> s_sharedExperts = [.. StandardRows.Attention, .. StandardRows.DenseMlp, .. StandardRows.Experts, .. ExpertRows.Shared("mlp.shared_experts")];
    static readonly IReadOnlyList<string> s_expertsFirst = FamilyOrder.WithMlp("mlp.experts.", "mlp.gate.", "mlp.shared_experts.");

    static readonly IReadOnlyList<string> s_blockSparse = FamilyOrder.WithMlp(
        "block_sparse_moe.e_score_correction_bias", "mlp.e_score_correction_bias", "block_sparse_moe.gate.", "mlp.gate.", "mlp.router.", "block_sparse_moe.experts.", "mlp.experts.");

    internal static IReadOnlyList<ModelFamily> All { get; } =
    [
        Make("mixtral", "MixtralForCausalLM", new ConfigRules
        {
            KvHeads = 8,
            MaxPositions = 131072,
            NormEps = 1e-5,
            RopeTheta = 1_000_000,
            Moe = new MoeRules(s_count, s_perToken, "intermediate_size", 2, true) { HasNormTopkProb = false, Layers = MoeLayerRule.All },
        }, s_blockSparse, [.. StandardRows.Attention, .. ExpertRows.BlockSparse("mlp.gate.weight")]) with { Choices = s_choices },
        Make("qwen2_moe", "Qwen2MoeForCausalLM", new ConfigRules
        {
            AttentionBias = new BiasRule("qkv_bias", true),
            KvHeads = 16,
            MaxPositions = 32768,
            Moe = new MoeRules(["num_experts", "num_local_experts"], s_perToken, "moe_intermediate_size", 4, false) { SharedFfn = "shared_expert_intermediate_size", DefaultShared = 5632, SharedGate = true },
        }, FamilyOrder.WithMlp("mlp.gate.", "mlp.experts.", "mlp.shared_expert.", "mlp.shared_expert_gate."),
            [.. StandardRows.Attention, .. StandardRows.DenseMlp, .. StandardRows.Experts, .. ExpertRows.Shared("mlp.shared_expert"), ExpertRows.SharedGate("mlp.shared_expert_gate.weight")])
            with { Choices = s_choices },
        Make("deepseek", "DeepseekForCausalLM", new ConfigRules
        {
            AttentionBias = BiasRule.Says("attention_bias"),
            OutputBias = BiasRule.Says("attention_bias"),
            MaxPositions = 2048,
            Moe = new MoeRules(s_routed, s_perToken, "moe_intermediate_size", 1, false) { Layers = MoeLayerRule.FirstDense, Shared = ["n_shared_experts"] },
        }, s_expertsFirst, s_sharedExperts) with { Choices = s_choices, Args = new Dictionary<string, object> { ["moe_router_load_balancing_type"] = "seq_aux_loss" } },
        MtpRows.CountedOn(Make("glm4_moe", "Glm4MoeForCausalLM", new ConfigRules
        {
            MtpLayers = ["num_nextn_predict_layers"],
            AttentionBias = BiasRule.Says("attention_bias"),
            QkNormKey = "use_qk_norm",
            KvHeads = 8,
            MaxPositions = 131072,
            NormEps = 1e-5,
            PartialRotary = 0.5,
            Moe = new MoeRules(s_routed, s_perToken, "moe_intermediate_size", 8, true)
            {
                Layers = MoeLayerRule.FirstDense,
                FirstDense = 1,
                Shared = ["n_shared_experts"],
                DefaultShared = 1,
                ScoreFunction = "sigmoid",
                ExpertBias = true,
            },
        }, s_expertsFirst, [.. s_sharedExperts, ExpertRows.Balance("mlp.gate.e_score_correction_bias")]) with { Choices = s_choices }),
        Make("dots1", "Dots1ForCausalLM", new ConfigRules
        {
            AttentionBias = BiasRule.Says("attention_bias"),
            OutputBias = BiasRule.Says("attention_bias"),
            QkNorm = true,
            KvHeads = 32,
            MaxPositions = 2048,
            Moe = new MoeRules(s_routed, s_perToken, "moe_intermediate_size", 1, false)
            {
                Layers = MoeLayerRule.FirstDense,
                Shared = ["n_shared_experts"],
                ScoreFunction = "sigmoid",
                ExpertBias = true,
            },
        }, s_expertsFirst, [.. s_sharedExperts, ExpertRows.Balance("mlp.gate.e_score_correction_bias")]) with { Choices = s_choices },
        Make("olmoe", "OlmoeForCausalLM", new ConfigRules
        {
            AttentionBias = BiasRule.Says("attention_bias"),
            OutputBias = BiasRule.Says("attention_bias"),
            QkNorm = true,
            MaxPositions = 4096,
            NormEps = 1e-5,
            Moe = new MoeRules(["num_experts", "num_local_experts"], s_perToken, "intermediate_size", 8, false) { Layers = MoeLayerRule.All },
        }, FamilyOrder.WithMlp("mlp.gate.", "mlp.experts."),
            [AttentionRows.InputNorm, .. AttentionRows.ProjectionsInEitherOrder, .. AttentionRows.WideNorms, .. StandardRows.Experts])
            with { Choices = [.. s_choices, AttentionRows.s_qkvOrder, AttentionRows.s_wideNorms], Args = Kind("olmoe") },
        Make("ernie4_5_moe", "Ernie4_5_MoeForCausalLM", DenseFamilies.Ernie with
        {
            HeadBias = BiasRule.Says("use_bias"),
            KvHeads = 4,
            Moe = new MoeRules(["moe_num_experts", "num_experts"], ["moe_k", "num_experts_per_tok"], "moe_intermediate_size", 6, true)
            {
                HasNormTopkProb = false,
                Layers = MoeLayerRule.Interval,
                FirstDense = 1,
                Shared = ["moe_num_shared_experts"],
                DefaultShared = 2,
                ExpertBias = true,
            },
        }, FamilyOrder.WithMlp("mlp.gate.weight", "mlp.gate.", "mlp.moe_statics.", "mlp.experts.", "mlp.shared_experts."),
            [
                .. s_sharedExperts,
                ExpertRows.Balance("mlp.moe_statics.e_score_correction_bias", 1, "per expert"), ExpertRows.Balance("mlp.gate.moe_statics.e_score_correction_bias", 1, "fused"),
            ])
            with { Choices = s_choices },
        Make("minimax_m2", "MiniMaxM2ForCausalLM", new ConfigRules
        {
            QkNorm = true,
            KvHeads = 8,
            HeadDim = 128,
            MaxPositions = 196608,
            RopeTheta = 5_000_000,
            Moe = new MoeRules(s_count, s_perToken, "intermediate_size", 8, true) { HasNormTopkProb = false, Layers = MoeLayerRule.All, ScoreFunction = "sigmoid", ExpertBias = true },
        }, s_blockSparse,
            [
                AttentionRows.InputNorm, .. AttentionRows.Projections, .. AttentionRows.WideNorms, .. ExpertRows.BlockSparse("mlp.gate.weight"),
                ExpertRows.Balance("block_sparse_moe.e_score_correction_bias", 0, "per expert"), ExpertRows.Balance("mlp.e_score_correction_bias", 0, "fused"),
            ])
            with { Choices = [.. s_choices, AttentionRows.s_wideNormsOfMiniMax], Args = Kind("minimax_m2"), Untold = "which part of a head turns" },
        Make("phimoe", "PhimoeForCausalLM", new ConfigRules
        {
            AttentionBias = BiasRule.Says("attention_bias"),
            OutputBias = BiasRule.Says("attention_bias"),
            HeadBias = BiasRule.Says("lm_head_bias"),
            LayerNorms = true,
            KvHeads = 8,
            MaxPositions = 131072,
            NormEps = 1e-5,
            RopeTheta = 1_000_000,
            Moe = new MoeRules(s_count, s_perToken, "intermediate_size", 2, true) { HasNormTopkProb = false, Layers = MoeLayerRule.All },
        }, s_blockSparse,
            [
                AttentionRows.InputNorm, NormRows.BiasOf(AttentionRows.InputNorm), .. AttentionRows.Projections,
                .. ExpertRows.BlockSparse("mlp.router.weight"), .. ExpertRows.Norms.Select(NormRows.BiasOf),
            ])
            with { Choices = s_choices, Untold = "how the router draws experts (SparseMixer), and how rotary embeddings are scaled" },
    ];
}
