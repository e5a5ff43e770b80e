using System.Diagnostics.CodeAnalysis;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Layouts;
using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Models.Megatron.Legacy;

namespace Ckpt.Cli.Export;

/// <summary>The form that an export's output has: format, dialect, implementation, 8-bit weights; each flag's word checked (CLI-3.14, CLI-3.15).</summary>
/// <param name="CkptFormat">Megatron's format.</param>
/// <param name="Experts">Whose experts legacy files have.</param>
/// <param name="Layers">Whose layers.</param>
/// <param name="Dialect">Whose order of rows; null: not said.</param>
/// <param name="ExpertFormat">By the bridge's name of it.</param>
/// <param name="Float8">Whether 8-bit weights are written.</param>
/// <param name="Notes">Flags that change nothing, and why.</param>
sealed record ExportForm(string CkptFormat, LegacyExperts Experts, LegacyLayers Layers, string? Dialect, string? ExpertFormat, bool Float8, IReadOnlyList<string> Notes)
{
    internal static ExportForm Of(FlagValues values, ExportDirection direction)
    {
        var notes = new List<string>();
        CheckTuner(values);
        var format = Word(values, "ckpt_format", FormatNames.TorchDist, FormatNames.LegacyTorch, FormatNames.Zarr) ?? FormatNames.TorchDist;
        var dialect = Dialects(values);
        var mindSpeed = dialect == "mindspeed" && !values.Has("transformer_impl");
        var legacy = direction == ExportDirection.ToMcore && format == FormatNames.LegacyTorch;
        if (direction == ExportDirection.ToHf && values.Has("ckpt_format")) { notes.Add("--ckpt_format has no effect here: safetensors are written, and what is read is recognised"); }
        foreach (var flag in LegacyFlags.All)
        {
            if (!legacy && values.Has(flag.Name)) { notes.Add($"{flag.Shown} has no effect here: it says how legacy torch files name experts and norms"); }
        }
        return new ExportForm(
            format,
            !mindSpeed ? LegacyFlags.Experts(values) : values.Bool("moe_grouped_gemm") || values.Bool("moe_use_legacy_grouped_gemm") ? LegacyExperts.Grouped : LegacyExperts.Sequential,
            mindSpeed ? LegacyLayers.MindSpeed : LegacyFlags.Layers(values),
            dialect,
            Word(values, "expert_format", "fused", "per_expert") switch { "per_expert" => ExpertNaming.PerExpert, var other => other },
            Float8Asked(values, direction, notes),
            notes);
    }

    static string? Dialects(FlagValues values)
    {
        var said = Word(values, "dialect", "mcore-bridge", "native", "mindspeed");
        var bridge = Word(values, "bridge_backend", "mcore-bridge", "megatron-bridge") switch { "megatron-bridge" => "native", var other => other };
        // mcore-bridge is what is meant where nothing is said, so only the other one speaks for itself.
        if (said is not null && bridge is not null && said != bridge) { throw new UsageException("CLI-3.15", "--bridge_backend", $"says the dialect is {bridge}, --dialect says {said}: give one"); }
        return said ?? bridge;
    }

    /// <summary>CLI-3.14: 8-bit weights are e4m3 in blocks; a run that only computes with 8 bits has others.</summary>
    static bool Float8Asked(FlagValues values, ExportDirection direction, List<string> notes)
    {
        var format = Word(values, "fp8_format", "e4m3", "hybrid");
        var recipe = Word(values, "fp8_recipe", "blockwise", "tensorwise", "delayed", "mxfp8", "custom");
        var quantises = false;
        if (values.Text("quant_method") is { } method and not ("None" or "null"))
        {
            if (method != "fp8") { Throw.Method(method); }
            if (direction != ExportDirection.ToHf) { Throw.MethodToMcore(); }
            quantises = true;
        }
        if (values.Bool("fp8_param_gather"))
        {
            if (format is not (null or "e4m3")) { Throw.Recipe("--fp8_format", format); }
            if (recipe is not (null or "blockwise")) { Throw.Recipe("--fp8_recipe", recipe); }
            return true;
        }
        if ((format ?? recipe) is not null && !quantises) { notes.Add("--fp8_format and --fp8_recipe have no effect here: without --fp8_param_gather true a run computes in 8 bits and keeps its weights as they are"); }
        return quantises;
    }

    static void CheckTuner(FlagValues values)
    {
        switch (values.Text("tuner_type"))
        {
            case null or "lora" or "full" or "None" or "null": return;
            case "lora_llm": throw Throw.PartlyTuned();
            case var other: throw new UsageException("CLI-3.15", "--tuner_type", $"{other}; allowed are lora and full");
        }
    }

    static string? Word(FlagValues values, string flag, params string[] allowed)
    {
        if (values.Text(flag) is not { } text || text is "None" or "null") { return null; }
        var word = allowed.FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase) || word.Replace('-', '_').Equals(text, StringComparison.OrdinalIgnoreCase));
        return word ?? throw new UsageException("CLI-3.15", "--" + flag, $"{text}; allowed are {string.Join(", ", allowed)}");
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Recipe(string flag, string? value) => throw new UnsupportedCheckpointException(
            "CLI-3.14", $"{flag} {value}", "8-bit weights are written as --fp8_format e4m3 --fp8_recipe blockwise, which Hugging Face's fine-grained fp8 is");

        [DoesNotReturn]
        internal static void Method(string method) => throw new UnsupportedCheckpointException(
            "CLI-3.14", $"--quant_method {method}", "of quantised weights, fp8 in blocks is written; awq, gptq and bnb choose their codes by running the model");

        [DoesNotReturn]
        internal static void MethodToMcore() => throw new UnsupportedCheckpointException(
            "CLI-3.14", "--quant_method fp8", "makes Hugging Face folders (--to_hf); Megatron checkpoints get 8-bit weights by --fp8_param_gather true");

        internal static UnsupportedCheckpointException PartlyTuned() => new(
            "CLI-3.15", "--tuner_type lora_llm", "keeps adapters of the language model and whole weights of the towers in one checkpoint; --mcore_adapter takes checkpoints of adapters");
    }
}
