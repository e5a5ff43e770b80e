using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Bridge;

/// <summary>Likely causes of faults, as a table: the first whose pattern fits the name and that has something to say.</summary>
static class FaultCauses
{
    const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    static readonly Cause[] s_missing =
    [
        new(".", (name, context) => context.Present.Keys.FirstOrDefault(other => other.Length > name.Length && other.EndsWith("." + name, StringComparison.Ordinal)) is { } longer
            ? $"{longer} is there: names begin with {longer[..^name.Length]}" : null),
        new(".", (name, context) => FaultContext.LayerOf(name) > context.HighestLayer && context.HighestLayer >= 0
            ? $"Names stop at layer {context.HighestLayer}, config.json says num_hidden_layers {context.Config.Layers}: a file of the checkpoint may be missing, or the config is of another model." : null),
        new(@"^lm_head\.weight$", (_, _) =>
            "config.json says tie_word_embeddings false but there is no lm_head.weight: the checkpoint may be tied, or an embedding model without an output layer."),
        new(@"(^|\.)output_layer\.weight$", (_, _) =>
            "config.json says tie_word_embeddings false but there is no output_layer.weight: the checkpoint may be tied, or an embedding model without an output layer."),
        new(@"(_proj|linear_qkv|linear_proj|linear_fc[12])\.bias$", (_, context) =>
            $"A {context.Config.ModelType} config with these keys has biases here: model_type, attention_bias or mlp_bias may be another model's."),
        new(@"\.[qk]_(norm|layernorm)\.weight$", (_, context) =>
            $"A {context.Config.ModelType} model normalises queries and keys: model_type may be another model's (llama and qwen2 have no such norms)."),
        new(@"\.(experts|router|gate)\.", (_, context) =>
            $"config.json says {context.Config.Experts} experts a layer: the number of experts or which layers have them may be another model's, or a file is missing."),
        new(".", (_, _) => "A file of the checkpoint may be missing."),
    ];

    static readonly Cause[] s_extra =
    [
        new(@"\.lora_[AB]\.", (_, _) => "It is part of an adapter: merge or convert the adapter on its own."),
        new(@"(weight_scale(_inv)?|qweight|qzeros|scales|weight_packed|_blocks|_scales|absmax|quant_state.*)$", (_, context) =>
            $"The weights are quantised ({context.Config.QuantMethod ?? "config.json does not say how"}): such checkpoints are not converted as they are."),
        new(".", (name, context) => FaultContext.LayerOf(name) >= context.Config.Layers
            ? $"config.json says num_hidden_layers {context.Config.Layers}: layers behind that may predict further tokens (MTP), or the config was cut." : null),
        new(@"(^|\.)mtp(_layers|_block)?\.", (_, _) => "It is part of layers that predict further tokens (MTP)."),
        new(@"(^|\.)(visual|vision_tower|vision_model|audio_tower|multi_modal_projector)\.", (_, _) => "It is part of a vision or audio tower: the model is more than its text part."),
        new(@"(^|\.)score\.weight$", (_, _) => "It is the head of a classification model."),
        new(@"\.shared_experts?", (_, context) => context.Config.SharedFfn > 0 ? null : $"A {context.Config.ModelType} config with these keys has no shared experts: model_type or the number of them may be another model's."),
        new(@"\.bias$", (_, context) => $"A {context.Config.ModelType} config with these keys has no bias here: model_type, attention_bias or mlp_bias may be another model's."),
        new(@"\.[qk]_(norm|layernorm)\.weight$", (_, context) => $"A {context.Config.ModelType} model does not normalise queries and keys: model_type may be another model's (qwen3)."),
        new(@"\.experts\.", (_, context) => context.Config.Experts > 0
            ? $"config.json says {context.Config.Experts} experts a layer and which layers have them: the number of experts or which layers have them may be another model's." : $"A {context.Config.ModelType} model has no experts: model_type may be another model's."),
        new(".", (_, context) => $"No row of the {context.Config.ModelType} table names it."),
    ];

    internal static string Missing(string name, FaultContext context) => First(s_missing, name, context);

    internal static string Extra(string name, FaultContext context) => First(s_extra, name, context);

    internal static string WrongShape(string name, Shape expected, Shape found, FaultContext context) => ShapeCauses.Of(name, expected, found, context.Config);

    static string First(Cause[] causes, string name, FaultContext context)
    {
        foreach (var cause in causes)
        {
            if (cause.Names.IsMatch(name) && cause.Say(name, context) is { } text) { return text; }
        }
        return "";
    }

    sealed record Cause(Regex Names, Func<string, FaultContext, string?> Say)
    {
        internal Cause(string pattern, Func<string, FaultContext, string?> say) : this(new Regex(pattern, Options), say) { }
    }
}
