using Ckpt.Models.Configs;
using static Ckpt.Models.Families.FamilyMaker;

namespace Ckpt.Models.Families;

/// <summary>Dense families whose layers are Llama's: two norms a layer, each before what it is of.</summary>
static class DenseFamilies
{
    static readonly IReadOnlyList<FamilyRow> s_llamaLike = [.. StandardRows.Attention, .. StandardRows.DenseMlp];

    /// <summary>Dense layers with gate and up in one Hugging Face tensor, and without biases.</summary>
    internal static readonly IReadOnlyList<FamilyRow> s_fusedMlp =
    [
        .. StandardRows.DenseMlp.Where(static row => !row.When.HasFlag(When.MlpBias)).Select(static row => row.Parts.Count == 2 ? FusedGateUp(row) : row),
    ];

    internal static IReadOnlyList<ModelFamily> All { get; } =
    [
        Make("mistral", "MistralForCausalLM", new ConfigRules { KvHeads = 8, MaxPositions = 131072 }, StandardRows.HfOrder, s_llamaLike),
        Make("ministral", "MinistralForCausalLM", new ConfigRules { KvHeads = 8, MaxPositions = 131072 }, StandardRows.HfOrder, s_llamaLike)
            with { Untold = "which layers see only a window, and how wide it is" },
        Make("ministral3", "Ministral3ForCausalLM", new ConfigRules { KvHeads = 8, HeadDim = 128, MaxPositions = 262144, NormEps = 1e-5, RopeTheta = 1_000_000 }, StandardRows.HfOrder, s_llamaLike)
            with { Untold = "how rotary embeddings and attention are scaled" },
        Make("gemma", "GemmaForCausalLM", Gemma with { KvHeads = 16 }, StandardRows.HfOrder, s_llamaLike)
            with { Untold = "that embeddings are scaled and which activation there is" },
        Make("phi3", "Phi3ForCausalLM", new ConfigRules { MaxPositions = 4096, NormEps = 1e-5 },
            FamilyOrder.Of("self_attn.o_proj.", "self_attn.qkv_proj.", "mlp.gate_up_proj.", "mlp.down_proj.", "input_layernorm.", "post_attention_layernorm."),
            [AttentionRows.InputNorm, .. AttentionRows.FusedProjections, .. s_fusedMlp])
            with { Untold = "the two lists of factors rotary embeddings are scaled by" },
        Make("glm", "GlmForCausalLM", Glm, GlmOrder, [.. StandardRows.Attention, .. s_fusedMlp]),
        Make("ernie4_5", "Ernie4_5ForCausalLM", Ernie with { KvHeads = 2, HeadDim = 128 }, StandardRows.HfOrder, s_llamaLike),
        Make("internlm3", "InternLM3ForCausalLM", new ConfigRules
        {
            AttentionBias = BiasRule.Says("qkv_bias"),
            OutputBias = BiasRule.Says("bias"),
            MlpBias = BiasRule.Says("bias"),
            KvHeads = 32,
            MaxPositions = 32768,
        }, StandardRows.HfOrder, s_llamaLike),
        MtpRows.OfMiMo(Make("mimo", "MiMoForCausalLM", new ConfigRules { AttentionBias = BiasRule.Always, KvHeads = 32, MaxPositions = 32768, MtpLayers = ["num_nextn_predict_layers"] },
            StandardRows.HfOrder, s_llamaLike)),
        Make("seed_oss", "SeedOssForCausalLM", new ConfigRules
        {
            AttentionBias = new BiasRule("attention_bias", true),
            OutputBias = BiasRule.Says("attention_out_bias"),
            MlpBias = BiasRule.Says("mlp_bias"),
            KvHeads = 8,
            HeadDim = 128,
            MaxPositions = 524288,
        }, StandardRows.HfOrder, s_llamaLike),
        Make("smollm3", "SmolLM3ForCausalLM", LlamaBiases with { KvHeads = 4, TieWordEmbeddings = true, MaxPositions = 32768, RopeTheta = 2_000_000, NoRopeStep = 4 }, StandardRows.HfOrder, s_llamaLike)
            with { Untold = "which layers have no rotary embedding" },
        Make("granite", "GraniteForCausalLM", LlamaBiases with { MaxPositions = 2048 }, StandardRows.HfOrder, s_llamaLike)
            with { Untold = "the multipliers of embeddings, attention, residuals and logits" },
    ];

    internal static ConfigRules LlamaBiases => new()
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        MlpBias = BiasRule.Says("mlp_bias"),
    };

    internal static ConfigRules Gemma => new()
    {
        AttentionBias = BiasRule.Says("attention_bias"),
        OutputBias = BiasRule.Says("attention_bias"),
        HeadDim = 256,
        TieWordEmbeddings = true,
        MaxPositions = 8192,
        HiddenAct = "gelu_pytorch_tanh",
        ZeroCentredNorms = true,
    };

    internal static ConfigRules Glm => new()
    {
        AttentionBias = new BiasRule("attention_bias", true),
        KvHeads = 2,
        HeadDim = 128,
        MaxPositions = 131072,
        NormEps = 1.5625e-07,
        RotaryInterleaved = true,
        PartialRotary = 0.5,
    };

    internal static ConfigRules Ernie => new()
    {
        AttentionBias = BiasRule.Says("use_bias"),
        OutputBias = BiasRule.Says("use_bias"),
        MlpBias = BiasRule.Says("use_bias"),
        TieWordEmbeddings = true,
        MaxPositions = 131072,
        NormEps = 1e-5,
        RopeTheta = 500_000,
        RotaryInterleaved = true,
    };

    internal static IReadOnlyList<string> GlmOrder => FamilyOrder.WithMlp("mlp.gate_up_proj.");

    static FamilyRow FusedGateUp(FamilyRow row) => row with { Hf = [new(StandardRows.HfLayer + "mlp.gate_up_proj.weight", Dim.One, 0, 1)] };
}
