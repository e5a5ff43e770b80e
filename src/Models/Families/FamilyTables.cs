using Ckpt.Models.Configs;

namespace Ckpt.Models.Families;

/// <summary>The families, each a table. A new one is a new entry here and vectors for it.</summary>
static class FamilyTables
{
    internal static readonly ModelFamily s_llama = Dense("llama", "LlamaForCausalLM", new ConfigRules
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        MlpBias = BiasRule.Says("mlp_bias"),
        MaxPositions = 2048,
    });

    internal static readonly ModelFamily s_qwen2 = Dense("qwen2", "Qwen2ForCausalLM", new ConfigRules
    {
        AttentionBias = BiasRule.Always,
        OutputBias = BiasRule.Never,
        MlpBias = BiasRule.Never,
        KvHeads = 32,
        MaxPositions = 32768,
    });

    internal static readonly ModelFamily s_qwen3 = Dense("qwen3", "Qwen3ForCausalLM", new ConfigRules
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        MlpBias = BiasRule.Never,
        QkNorm = true,
        KvHeads = 32,
        HeadDim = 128,
        MaxPositions = 32768,
    });

    internal static readonly ModelFamily s_qwen3Moe = Dense("qwen3_moe", "Qwen3MoeForCausalLM", new ConfigRules
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        MlpBias = BiasRule.Never,
        QkNorm = true,
        KvHeads = 4,
        MaxPositions = 32768,
        Moe = new MoeRules(["num_experts", "num_local_experts"], ["num_experts_per_tok"], "moe_intermediate_size", 8, false),
    }) with
    {
        Rows = [.. StandardRows.Before, .. StandardRows.Attention, .. StandardRows.DenseMlp, .. StandardRows.Experts, .. StandardRows.After],
        Choices = [StandardRows.s_experts, StandardRows.s_moeNorm],
    };

    internal static IReadOnlyList<ModelFamily> All { get; } = [s_llama, s_qwen2, s_qwen3, s_qwen3Moe, .. DenseFamilies.All, .. PostNormFamilies.All, .. MoeFamilies.All, .. FusedExpertFamilies.All, .. LatentFamilies.All, .. GatedFamilies.All];

    static ModelFamily Dense(string name, string architecture, ConfigRules config) =>
        new(name, architecture, config, [.. StandardRows.Before, .. StandardRows.Attention, .. StandardRows.DenseMlp, .. StandardRows.After])
        {
            HfOrder = StandardRows.HfOrder,
            HfEmbedding = StandardRows.Embedding,
            HfHead = StandardRows.Head,
        };
}
