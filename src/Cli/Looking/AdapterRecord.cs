using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Formats.Peft;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Adapters;

namespace Ckpt.Cli.Looking;

/// <summary>The adapter in a checkpoint, as its tensors' names and shapes show it.</summary>
/// <param name="Format">PEFT's or Megatron's.</param>
/// <param name="Ranks">The ranks of its changes.</param>
/// <param name="Modules">How many modules it changes.</param>
/// <param name="Saved">How many parameters it stores whole.</param>
/// <param name="HasBase">Whether the weights it was trained on lie with it.</param>
/// <param name="Base">The model it says it is of.</param>
sealed record AdapterRecord(string Format, IReadOnlyList<long> Ranks, int Modules, int Saved, bool HasBase, string? Base)
{
    /// <summary>The adapter, or null where there is none.</summary>
    internal static AdapterRecord? Of(ICheckpointReader reader)
    {
        if (McoreAdapter.IsAdapter(reader) && reader is Formats.Megatron.IMegatronReader) { return Named(reader, "Megatron", McoreAdapter.HasBase(reader), null); }
        var folder = Directory.Exists(reader.Path) ? reader.Path : Path.GetDirectoryName(Path.GetFullPath(reader.Path))!;
        var config = Path.Combine(folder, PeftFolder.ConfigName);
        return reader.Format == Formats.Opening.FormatNames.Safetensors && File.Exists(config)
            ? Named(reader, "PEFT", hasBase: false, PeftConfig.Parse(File.ReadAllBytes(config), config).BaseModel) : null;
    }

    static AdapterRecord Named(ICheckpointReader reader, string format, bool hasBase, string? model)
    {
        var factors = reader.Tensors.Where(static tensor => tensor.Name.Contains(".lora_A.", StringComparison.OrdinalIgnoreCase) && tensor.Shape.Rank >= 2 && !tensor.Name.StartsWith("optimizer.", StringComparison.Ordinal)).ToList();
        var saved = reader.Tensors.Count(static tensor => tensor.Name.Contains(".modules_to_save.", StringComparison.Ordinal));
        return new AdapterRecord(format, [.. factors.Select(static tensor => tensor.Shape[tensor.Shape.Rank - 2]).Distinct().Order()], factors.Count, saved, hasBase, model);
    }

    internal string Text => string.Create(CultureInfo.InvariantCulture, $"{Format}'s LoRA{(Ranks.Count == 0 ? "" : $" of rank {string.Join(", ", Ranks)}")}, {Modules} pairs of factors{(Saved == 0 ? "" : $", {Saved} parameters whole")}{(HasBase ? ", with the weights it was trained on" : "")}{(Base is null ? "" : $", of {Base}")}");

    internal JsonObject Json => new()
    {
        ["format"] = Format,
        ["ranks"] = new JsonArray([.. Ranks.Select(static rank => JsonValue.Create(rank))]),
        ["modules"] = Modules,
        ["modules_to_save"] = Saved,
        ["has_base"] = HasBase,
        ["base_model"] = Base,
    };
}
