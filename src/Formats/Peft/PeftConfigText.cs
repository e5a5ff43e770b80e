using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Formats.Peft;

/// <summary>Writes an adapter_config.json as PEFT's <c>save_pretrained</c> does: every field of LoraConfig, keys in order of their names.</summary>
public static class PeftConfigText
{
    static readonly JsonSerializerOptions s_pretty = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The file's bytes. Fields that the config does not speak of have LoraConfig's defaults.</summary>
    public static byte[] Of(PeftConfig config)
    {
        var json = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal)
        {
            ["alora_invocation_tokens"] = null,
            ["alpha_pattern"] = Patterns(config.AlphaPattern, static value => Number(value)),
            ["arrow_config"] = null,
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = config.BaseModel,
            ["bias"] = config.Bias,
            ["corda_config"] = null,
            ["ensure_weight_tying"] = false,
            ["eva_config"] = null,
            ["exclude_modules"] = null,
            ["fan_in_fan_out"] = config.FanInFanOut,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["layer_replication"] = null,
            ["layers_pattern"] = null,
            ["layers_to_transform"] = null,
            ["loftq_config"] = new JsonObject(),
            ["lora_alpha"] = Number(config.Alpha),
            ["lora_bias"] = config.LoraBias,
            ["lora_dropout"] = config.Dropout,
            ["megatron_config"] = null,
            ["megatron_core"] = "megatron.core",
            ["modules_to_save"] = config.ModulesToSave.Count == 0 ? null : Texts(config.ModulesToSave),
            ["peft_type"] = "LORA",
            ["qalora_group_size"] = 16,
            ["r"] = config.Rank,
            ["rank_pattern"] = Patterns(config.RankPattern, static value => JsonValue.Create(value)),
            ["revision"] = null,
            ["target_modules"] = Texts(config.TargetModules ?? []),
            ["target_parameters"] = config.TargetParameters.Count == 0 ? null : Texts(config.TargetParameters),
            ["task_type"] = config.TaskType,
            ["trainable_token_indices"] = null,
            ["use_dora"] = config.UseDora,
            ["use_qalora"] = false,
            ["use_rslora"] = config.UseRslora,
        };
        if (config.PeftVersion is { } version) { json["peft_version"] = version; }
        return Encoding.UTF8.GetBytes(new JsonObject(json).ToJsonString(s_pretty));
    }

    /// <summary>An int where the number is whole: what LoraConfig declares alpha to be.</summary>
    static JsonValue Number(double value) => value == Math.Floor(value) && Math.Abs(value) < 1L << 53 ? JsonValue.Create((long)value) : JsonValue.Create(value);

    static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(static text => JsonValue.Create(text))];

    static JsonObject Patterns<T>(IEnumerable<KeyValuePair<string, T>> patterns, Func<T, JsonNode?> value) =>
        new(patterns.Select(entry => KeyValuePair.Create(entry.Key, value(entry.Value))));
}
