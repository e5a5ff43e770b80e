using Ckpt.Models.Configs;
using static Ckpt.Models.Families.FamilyMaker;

namespace Ckpt.Models.Families;

/// <summary>Families that are published with all experts of a layer in one tensor.</summary>
static class FusedExpertFamilies
{
    static readonly string[] s_count = ["num_local_experts", "num_experts"];
    static readonly string[] s_perToken = ["num_experts_per_tok"];

    internal static IReadOnlyList<ModelFamily> All { get; } =
    [
        Make("gpt_oss", "GptOssForCausalLM", new ConfigRules
        {
            AttentionBias = new BiasRule("attention_bias", true),
            OutputBias = new BiasRule("attention_bias", true),
            KvHeads = 8,
            HeadDim = 64,
            MaxPositions = 131072,
            NormEps = 1e-5,
            RopeTheta = 150_000,
            Moe = new MoeRules(s_count, s_perToken, "intermediate_size", 4, true) { HasNormTopkProb = false, Layers = MoeLayerRule.All },
        }, FamilyOrder.WithMlp("mlp.router.", "mlp.experts.gate_up_proj", "mlp.experts.down_proj"),
            [
                .. StandardRows.Attention, AttentionRows.Sinks,
                .. ExpertRows.Norms, ExpertRows.Router(StandardRows.HfLayer + "mlp.router.weight", null), ExpertRows.RouterBias("mlp.router.bias"),
                .. ExpertRows.TransposedInTurns("mlp.experts"),
            ])
            with
        {
            Choices = [StandardRows.s_moeNorm],
            // Megatron-core's words for what the family's modules compute: gate · σ(1.702 gate) · (up + 1), both clamped.
            Args = new Dictionary<string, object>
            {
                ["add_bias_linear"] = true,
                ["softmax_type"] = "learnable",
                ["swiglu"] = false,
                ["quick_geglu"] = true,
                ["glu_linear_offset"] = 1L,
                ["activation_func_clamp_value"] = 7L,
            },
            Untold = "how rotary embeddings are scaled",
        },
        Make("llama4_text", "Llama4ForCausalLM", new ConfigRules
        {
            AttentionBias = BiasRule.Says("attention_bias"),
            OutputBias = BiasRule.Says("attention_bias"),
            Ffn = "intermediate_size_mlp",
            KvHeads = 8,
            HeadDim = 128,
            MaxPositions = 131072,
            NormEps = 1e-5,
            RopeTheta = 500_000,
            RotaryInterleaved = true,
            NoRopeStep = 4,
            Moe = new MoeRules(s_count, s_perToken, "intermediate_size", 1, true) { HasNormTopkProb = false, Layers = MoeLayerRule.Interleaved, DefaultShared = 1, ScoreFunction = "sigmoid" },
        }, FamilyOrder.Of([.. FamilyOrder.s_attention, "feed_forward.experts.", "feed_forward.router.", "feed_forward.shared_expert.", "feed_forward.gate_proj.", "feed_forward.up_proj.", "feed_forward.down_proj.", .. FamilyOrder.s_norms]),
            [
                .. StandardRows.Attention, StandardRows.DenseMlp[0], .. StandardRows.DenseMlp.Skip(1).Select(InFeedForward),
                .. ExpertRows.Norms, ExpertRows.Router(StandardRows.HfLayer + "feed_forward.router.weight", null),
                .. ExpertRows.Transposed("feed_forward.experts"), .. ExpertRows.Shared("feed_forward.shared_expert"),
            ])
            with { Choices = [StandardRows.s_moeNorm], Untold = "which layers have no rotary embedding or see only chunks, and how attention is scaled there" },
        Make("granitemoe", "GraniteMoeForCausalLM", new ConfigRules
        {
            AttentionBias = BiasRule.Says("attention_bias"),
            OutputBias = BiasRule.Says("attention_bias"),
            MaxPositions = 2048,
            Moe = new MoeRules(s_count, s_perToken, "intermediate_size", 2, true) { HasNormTopkProb = false, Layers = MoeLayerRule.All },
        }, FamilyOrder.Of([.. FamilyOrder.s_attention, .. FamilyOrder.s_norms, "block_sparse_moe.input_linear.", "block_sparse_moe.output_linear.", "block_sparse_moe.router."]),
            [.. StandardRows.Attention, .. ExpertRows.Fused("block_sparse_moe.router.layer.weight", "block_sparse_moe.input_linear.weight", "block_sparse_moe.output_linear.weight")])
            with { Choices = [StandardRows.s_moeNorm], Untold = "the multipliers of embeddings, attention, residuals and logits" },
    ];

    static FamilyRow InFeedForward(FamilyRow row) =>
        row with { Hf = [.. row.Hf.Select(static tensor => tensor with { Pattern = tensor.Pattern.Replace(".mlp.", ".feed_forward.", StringComparison.Ordinal) })] };
}
