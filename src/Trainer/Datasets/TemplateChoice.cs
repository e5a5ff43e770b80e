namespace Ckpt.Trainer.Datasets;

/// <summary>
/// The template of <c>--template auto</c> (TRL-3.5): by the kind of model, and where one kind has had several, by the tokenizer's own
/// template and the folder's name, as ms-swift tells models by their names.
/// </summary>
public static class TemplateChoice
{
    /// <summary>A name of <see cref="Data.Templates.Named.SwiftTemplates"/>, or null where none is known to be right.</summary>
    /// <param name="modelType">The config's <c>model_type</c>.</param>
    /// <param name="chatTemplate">The tokenizer's own template, or null.</param>
    /// <param name="name">The model's name or folder.</param>
    public static string? Of(string? modelType, string? chatTemplate, string name)
    {
        var own = chatTemplate ?? "";
        return modelType switch
        {
            "qwen3" or "qwen3_moe" or "qwen3_next" => Named(name, "Thinking") ? "qwen3_thinking" : Named(name, "Instruct") || modelType == "qwen3_next" ? "qwen3_nothinking" : "qwen3",
            "qwen2" or "qwen2_moe" => Qwen2(own, name),
            "mimo" => "mimo_rl",
            "llama" or "mistral" or "mixtral" => Llama(own, name),
            "chatglm" => "chatglm4",
            "glm4" => "glm4",
            "gemma" or "gemma2" => "gemma",
            "deepseek" or "deepseek_v2" => "deepseek",
            "dots1" => "dots1",
            "hunyuan" or "hunyuan_moe" => "hunyuan_moe",
            _ => Llama(own, name),
        };
    }

    static string Qwen2(string own, string name)
    {
        if (Named(name, "QwQ")) { return Named(name, "Preview") ? "qwq_preview" : "qwq"; }
        if (Named(name, "Math")) { return "qwen2_5_math"; }
        return own.Contains("You are Qwen, created by Alibaba Cloud", StringComparison.Ordinal) || Named(name, "Qwen2.5") ? "qwen2_5" : "qwen";
    }

    static string? Llama(string own, string name)
    {
        if (own.Contains("<|start_header_id|>", StringComparison.Ordinal)) { return own.Contains("Cutting Knowledge Date", StringComparison.Ordinal) ? "llama3_2" : "llama3"; }
        if (own.Contains("<|im_start|>", StringComparison.Ordinal)) { return "chatml"; }
        if (own.Contains("<<SYS>>", StringComparison.Ordinal)) { return "llama"; }
        if (own.Contains("<|user|>\n", StringComparison.Ordinal) && own.Contains("</s>", StringComparison.Ordinal)) { return "zephyr"; }
        return Named(name, "Nemo") && own.Contains("[INST]", StringComparison.Ordinal) ? "mistral_nemo" : null;
    }

    static bool Named(string name, string part) => Path.GetFileName(Path.TrimEndingDirectorySeparator(name)).Contains(part, StringComparison.OrdinalIgnoreCase);
}
