using System.Text.Json.Nodes;
using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Adapters;

/// <summary>Says an adapter's arguments as Megatron-SWIFT keeps them: in <c>args.json</c>, and in the common state for who looks there.</summary>
static class McoreTunerArgs
{
    /// <summary>The module's own name: <c>linear_qkv</c> of <c>decoder.layers.self_attention.linear_qkv.weight</c>.</summary>
    internal static string ModuleOf(string parameter)
    {
        var module = parameter[..parameter.LastIndexOf('.')];
        return module[(module.LastIndexOf('.') + 1)..];
    }

    internal static byte[] Json(HfConfig config, McoreTuner tuner, McoreExportOptions options)
    {
        var json = (JsonObject)JsonNode.Parse(SwiftArgsJson.Write(config, State(options)))!;
        json["tuner_type"] = "lora";
        foreach (var (key, value) in Values(tuner)) { json[key] = value?.DeepClone(); }
        return StrictJson.ToUtf8(json);
    }

    internal static PickleDict Common(HfConfig config, McoreTuner tuner, McoreExportOptions options)
    {
        var common = MegatronCommonState.Build(config, State(options));
        if (common.Find("args") is not PickleObject { Attributes: { } attributes }) { throw new InvalidOperationException("the common state has no args"); }
        attributes.Add("tuner_type", Of("lora"));
        foreach (var (key, value) in Values(tuner)) { attributes.Add(key, Of(value)); }
        return common;
    }

    static JsonObject Values(McoreTuner tuner) => new()
    {
        ["lora_rank"] = (long)tuner.Rank,
        ["lora_alpha"] = tuner.Alpha == Math.Floor(tuner.Alpha) && Math.Abs(tuner.Alpha) < 1L << 53 ? JsonValue.Create((long)tuner.Alpha) : JsonValue.Create(tuner.Alpha),
        ["lora_dropout"] = tuner.Dropout,
        ["lora_bias"] = "none",
        ["use_rslora"] = tuner.UseRslora,
        ["target_modules"] = new JsonArray([.. tuner.TargetModules.Select(static name => JsonValue.Create(name))]),
        ["modules_to_save"] = new JsonArray([.. tuner.ModulesToSave.Select(static name => JsonValue.Create(name))]),
    };

    static MegatronArgsOptions State(McoreExportOptions options) => new()
    {
        Iteration = options.Iteration,
        Sizes = options.Sizes,
        PaddedVocab = options.PaddedVocab,
        Dialect = options.Dialect,
        Model = options.Model,
    };
}
