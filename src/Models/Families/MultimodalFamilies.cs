using System.Collections.Frozen;
using Ckpt.Models.Configs;

namespace Ckpt.Models.Families;

/// <summary>
/// Multimodal families: a text family under other beginnings of names, with towers, projectors and generators carried over as they are. Beginnings:
/// transformers 4.45 to 5.12 and the published files; Megatron's: mcore-bridge f020e47 <c>module_mapping</c>.
/// </summary>
static class MultimodalFamilies
{
    const string Prefix = "language_model.";

    static readonly TextPath s_text = new("text_config");
    static readonly TextPath s_thinker = new("thinker_config", "text_config");

    static readonly IReadOnlyList<HfNaming> s_qwen2 =
    [
        new("visual beside model", "model.", "lm_head.", Tower("visual.", "visual.")),
        new("model.language_model", "model.language_model.", "lm_head.", Tower("model.visual.", "visual.")),
    ];

    static readonly IReadOnlyList<HfNaming> s_visual = [new("model.language_model", "model.language_model.", "lm_head.", Tower("model.visual.", "visual."))];

    // transformers before 4.52 and all files since are named the first way; models in memory the second.
    static readonly IReadOnlyList<HfNaming> s_llava =
    [
        new("language_model.model", "language_model.model.", "language_model.lm_head.",
            Tower("vision_tower.", "vision_tower."), Tower("multi_modal_projector.", "multi_modal_projector."), Tower("image_newline", "image_newline") with { IsOptional = true }),
        new("model.language_model", "model.language_model.", "lm_head.",
            Tower("model.vision_tower.", "vision_tower."), Tower("model.multi_modal_projector.", "multi_modal_projector."), Tower("model.image_newline", "image_newline") with { IsOptional = true }),
    ];

    // mcore-bridge has one class for both kinds of these.
    static readonly FrozenDictionary<string, string> s_bridges = new Dictionary<string, string>
    {
        ["qwen3_vl_moe"] = "qwen3_vl",
        ["qwen3_omni_moe"] = "qwen3_omni",
        ["qwen3_5_moe"] = "qwen3_5",
        ["llavaonevision1_5"] = "llava_onevision1_5",
    }.ToFrozenDictionary();

    static readonly IReadOnlyList<string> s_anyText = ["qwen2", "qwen3", "qwen3_moe", "llama", "mistral", "gpt_oss"];

    static readonly FrozenDictionary<string, Func<ModelFamily, ModelFamily>> s_overAnyText = new Dictionary<string, Func<ModelFamily, ModelFamily>>
    {
        ["internvl_chat"] = static text => Of("internvl_chat", "InternVLChatModel", text, new TextPath("llm_config") { IsTiedInside = true },
            new HfNaming("language_model.model", "language_model.model.", "language_model.lm_head.", Tower("vision_model.", "vision_model."), Tower("mlp1.", "mlp1."))),
        ["internvl"] = static text => Of("internvl", "InternVLForConditionalGeneration", text, s_text, [.. s_llava]),
        ["llava_onevision"] = static text => Of("llava_onevision", "LlavaOnevisionForConditionalGeneration", text, s_text, [.. s_llava]),
    }.ToFrozenDictionary();

    internal static IReadOnlyList<ModelFamily> All { get; } =
    [
        Of("qwen2_vl", "Qwen2VLForConditionalGeneration", FamilyTables.s_qwen2, s_text, [.. s_qwen2]),
        Of("qwen2_5_vl", "Qwen2_5_VLForConditionalGeneration", FamilyTables.s_qwen2, s_text, [.. s_qwen2]),
        Of("qwen2_5_omni", "Qwen2_5OmniModel", FamilyTables.s_qwen2, s_thinker, Omni("token2wav.")),
        Of("qwen3_vl", "Qwen3VLForConditionalGeneration", FamilyTables.s_qwen3, s_text, [.. s_visual]),
        Of("qwen3_vl_moe", "Qwen3VLMoeForConditionalGeneration", Qwen3VlMoe, s_text, [.. s_visual]),
        Of("qwen3_omni_moe", "Qwen3OmniMoeForConditionalGeneration", FamilyTables.s_qwen3Moe, s_thinker, Omni("code2wav.")),
        Of("qwen3_5", "Qwen3_5ForConditionalGeneration", GatedFamilies.Qwen35, s_text, [.. s_visual]),
        Of("qwen3_5_moe", "Qwen3_5MoeForConditionalGeneration", GatedFamilies.Qwen35Moe, s_text, [.. s_visual]),
        Of("glm4v", "Glm4vForConditionalGeneration", Glm("glm4"), s_text, [.. s_visual]),
        Of("glm46v", "Glm46VForConditionalGeneration", Glm("glm4"), s_text, [.. s_visual]),
        Of("glm4v_moe", "Glm4vMoeForConditionalGeneration", Glm("glm4_moe"), s_text, [.. s_visual]),
        Of("kimi_vl", "KimiVLForConditionalGeneration", LatentFamilies.DeepSeekV3, s_text with { IsTiedInside = true }, Kimi("multi_modal_projector.")),
        Of("kimi_k25", "KimiK25ForConditionalGeneration", LatentFamilies.KimiK2, s_text with { IsTiedInside = true }, Kimi("mm_projector.")),
        Of("llavaonevision1_5", "LLaVAOneVision1_5_ForConditionalGeneration", FamilyTables.s_qwen3, s_text, [.. s_qwen2]),
        Of("llava_onevision1_5", "LLaVAOneVision1_5_ForConditionalGeneration", FamilyTables.s_qwen3, s_text, [.. s_qwen2]),
        Of("ovis2_5", "Ovis2_5", FamilyTables.s_qwen3, new TextPath("llm_config") { IsTiedInside = true },
            new HfNaming("llm.model", "llm.model.", "llm.lm_head.", Tower("visual_tokenizer.", "visual_tokenizer."), Tower("vte.", "vte."))),
        .. s_overAnyText.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => entry.Value(FamilyTables.s_qwen2)),
    ];

    /// <summary>A family that comes with several text models, with this one.</summary>
    internal static ModelFamily Over(string name, ModelFamily text) => s_overAnyText[name](text);

    // Published files hold experts that multiply from the right; transformers 5 writes them the other way round, under the same names.
    static ModelFamily Qwen3VlMoe => FamilyTables.s_qwen3Moe with
    {
        Rows =
        [
            .. FamilyTables.s_qwen3Moe.Rows,
            .. ExpertRows.Transposed("mlp.experts").Select(static row => row with { Option = new("experts", "fused transposed") }),
        ],
        Choices = [new("experts", FamilySide.Hf, "fused transposed", "fused", "per expert") { SinceTransformers5 = "fused" }, StandardRows.s_moeNorm],
    };

    static ModelFamily Of(string name, string architecture, ModelFamily text, TextPath path, params HfNaming[] namings) => text with
    {
        Name = name,
        Architecture = architecture,
        Text = text.Name,
        Texts = s_overAnyText.ContainsKey(name) ? s_anyText : [],
        Config = text.Config with { Text = path },
        Namings = namings,
        MegatronPrefix = Prefix,
        Args = new Dictionary<string, object>(text.Args) { ["mcore_model_type"] = s_bridges.GetValueOrDefault(name, name), ["is_multimodal"] = true },
        Untold = "what its towers are",
    };

    static HfNaming Omni(string waves) => new(
        "thinker", "thinker.model.", "thinker.lm_head.",
        Tower("thinker.audio_tower.", "audio_tower."), Tower("thinker.visual.", "visual."), Generator("talker."), Generator(waves));

    static HfNaming Kimi(string projector) =>
        new("language_model.model", "language_model.model.", "language_model.lm_head.", Tower("vision_tower.", "vision_tower."), Tower(projector, projector));

    // transformers Glm4vTextAttention and Glm4vMoeTextAttention: biases of query, key and value, heads of the usual size, and no norms of them.
    static ModelFamily Glm(string name)
    {
        var text = PostNormFamilies.All.Concat(MoeFamilies.All).Single(family => family.Name == name);
        return text with { Config = text.Config with { AttentionBias = new BiasRule("attention_bias", true), OutputBias = BiasRule.Never, HeadDim = null, QkNorm = false, QkNormKey = null } };
    }

    static CarriedPart Tower(string hf, string megatron) => new(hf, "visual." + megatron);

    static CarriedPart Generator(string name) => new(name, name) { ConfigKey = name[..^1] + "_config" };
}
