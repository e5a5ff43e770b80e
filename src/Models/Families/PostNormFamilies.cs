using Ckpt.Models.Configs;
using static Ckpt.Models.Families.FamilyMaker;

namespace Ckpt.Models.Families;

/// <summary>Dense families with norms behind attention and feed-forward layers, with or instead of those before.</summary>
static class PostNormFamilies
{
    static readonly IReadOnlyList<FamilyRow> s_fourNorms =
    [
        .. StandardRows.Attention,
        NormRows.PreFeedForward, .. StandardRows.DenseMlp.Skip(1),
        .. NormRows.After("post_attention_layernorm.weight", "post_feedforward_layernorm.weight"),
    ];

    static readonly IReadOnlyList<FamilyRow> s_olmo =
    [
        .. AttentionRows.ProjectionsInEitherOrder, .. AttentionRows.WideNorms,
        .. StandardRows.DenseMlp.Skip(1),
        .. NormRows.After("post_attention_layernorm.weight", "post_feedforward_layernorm.weight"),
    ];

    static readonly IReadOnlyList<FamilyChoice> s_olmoChoices = [AttentionRows.s_qkvOrder, AttentionRows.s_wideNorms, NormRows.s_postNorms];

    internal static IReadOnlyList<ModelFamily> All { get; } =
    [
        Make("glm4", "Glm4ForCausalLM", DenseFamilies.Glm, DenseFamilies.GlmOrder,
            [.. StandardRows.Attention, .. DenseFamilies.s_fusedMlp, .. NormRows.After("post_self_attn_layernorm.weight", "post_mlp_layernorm.weight")])
            with { Choices = [NormRows.s_postNorms], Args = Kind("glm4") },
        Make("gemma2", "Gemma2ForCausalLM", DenseFamilies.Gemma with { KvHeads = 4 }, FamilyOrder.WithMlp(), s_fourNorms)
            with { Choices = [NormRows.s_postNormsOfGemma], Untold = "that logits are capped, and which layers see only a window" },
        Make("gemma3_text", "Gemma3ForCausalLM", DenseFamilies.Gemma with { KvHeads = 4, QkNorm = true, MaxPositions = 131072, RopeTheta = 1_000_000 }, FamilyOrder.WithMlp(), s_fourNorms)
            with { Choices = [NormRows.s_postNormsOfGemma], Untold = "which layers see only a window, and their base of rotary embeddings" },
        Make("olmo2", "Olmo2ForCausalLM", Olmo, FamilyOrder.WithMlp(), s_olmo) with { Choices = s_olmoChoices, Args = Kind("olmo2") },
        Make("olmo3", "Olmo3ForCausalLM", Olmo, FamilyOrder.WithMlp(), s_olmo)
            with { Choices = s_olmoChoices, Args = Kind("olmo3"), Untold = "which layers see only a window, and how wide it is" },
    ];

    static ConfigRules Olmo => new()
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        QkNorm = true,
        MaxPositions = 2048,
        NormEps = 1e-5,
    };
}
