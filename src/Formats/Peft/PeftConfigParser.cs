using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Formats.Peft;

/// <summary>Turns an adapter_config.json into a <see cref="PeftConfig"/>.</summary>
static class PeftConfigParser
{
    /// <summary>Variants that change what the numbers mean; off where null, false or empty.</summary>
    static readonly string[] s_variants =
    [
        "trainable_token_indices", "alora_invocation_tokens", "use_qalora", "layer_replication", "use_bdlora", "arrow_config",
        "kasa_config", "velora_config", "monteclora_config", "aqlm_config", "conv_lora_config",
    ];

    /// <summary>Initialisations that change the base as well, so that the adapter belongs to another base than the one named.</summary>
    static readonly string[] s_changingBase = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    internal static PeftConfig Parse(ReadOnlySpan<byte> utf8, string where)
    {
        var json = PeftJson.Parse(utf8, where);
        CheckKind(json);
        var hasPattern = json.IsText("target_modules");
        var excludesPattern = json.IsText("exclude_modules");
        return new PeftConfig
        {
            Rank = json.Rank("r") ?? 8,
            Alpha = json.Number("lora_alpha") ?? 8,
            UseRslora = json.Flag("use_rslora"),
            UseDora = json.Flag("use_dora"),
            LoraBias = json.Flag("lora_bias"),
            FanInFanOut = json.Flag("fan_in_fan_out"),
            Bias = json.Text("bias") is { } bias ? CheckBias(bias, where) : "none",
            Dropout = json.Number("lora_dropout") ?? 0,
            TaskType = json.Text("task_type"),
            TargetModules = hasPattern ? null : json.Texts("target_modules"),
            TargetPattern = hasPattern ? json.Text("target_modules") : null,
            ExcludeModules = excludesPattern ? null : json.Texts("exclude_modules"),
            ExcludePattern = excludesPattern ? json.Text("exclude_modules") : null,
            TargetParameters = json.Texts("target_parameters") ?? [],
            ModulesToSave = json.Texts("modules_to_save") ?? [],
            // An empty list is no choice of layers (check_target_module_exists).
            LayersToTransform = json.Layers("layers_to_transform") is { Count: > 0 } layers ? layers : null,
            LayersPattern = json.Texts("layers_pattern") is { } patterns ? [.. patterns.Where(static p => p.Length > 0)] : [],
            RankPattern = json.Patterns("rank_pattern", static (reader, key, value) => reader.Rank(key, value)),
            AlphaPattern = json.Patterns("alpha_pattern", static (reader, key, value) => reader.Number(key, value)),
            BaseModel = json.Text("base_model_name_or_path"),
            PeftVersion = json.Text("peft_version"),
            Json = JsonObject.Create(json.Root)!,
            Where = where,
        };
    }

    static void CheckKind(PeftJson json)
    {
        var kind = json.Text("peft_type") ?? Throw.NoKind(json.Where);
        if (!kind.Equals("LORA", StringComparison.OrdinalIgnoreCase)) { Throw.Kind(json.Where, kind); }
        foreach (var key in s_variants)
        {
            if (json.Root.TryGetProperty(key, out var value) && IsOn(value)) { Throw.Variant(json.Where, key); }
        }
        if (json.IsText("init_lora_weights") && json.Text("init_lora_weights") is { } init
            && Array.Exists(s_changingBase, name => init.StartsWith(name, StringComparison.OrdinalIgnoreCase))) { Throw.ChangedBase(json.Where, init); }
    }

    static bool IsOn(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False or JsonValueKind.Undefined => false,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        _ => true,
    };

    static string CheckBias(string bias, string where) => bias is "none" or "all" or "lora_only" ? bias : Throw.Bias(where, bias);

    static class Throw
    {
        [DoesNotReturn]
        internal static string NoKind(string where) => throw new MalformedCheckpointException(
            "ADP-1.2", where, "key peft_type is missing; it says which method the adapter is of");

        [DoesNotReturn]
        internal static void Kind(string where, string found) => throw new UnsupportedCheckpointException(
            "ADP-1.3", where, $"peft_type is {Quoted.Name(found)}, handled is LORA");

        [DoesNotReturn]
        internal static void Variant(string where, string key) => throw new UnsupportedCheckpointException(
            "ADP-1.3", where, $"{key} is set; that variant of LoRA is not handled");

        [DoesNotReturn]
        internal static void ChangedBase(string where, string init) => throw new UnsupportedCheckpointException(
            "ADP-1.3", where, $"init_lora_weights is {Quoted.Name(init)}, which changed the base as well; save the adapter with path_initial_model_for_weight_conversion, which makes it a plain LoRA");

        [DoesNotReturn]
        internal static string Bias(string where, string found) => throw new MalformedCheckpointException(
            "ADP-1.2", where, $"bias is {Quoted.Name(found)}, allowed are none, all and lora_only");
    }
}
