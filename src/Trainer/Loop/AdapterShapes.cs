using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Trainer.Adapting;
using Ckpt.Trainer.Checkpoints;

namespace Ckpt.Trainer.Loop;

/// <summary>What an opened adapter consists of, by the names and shapes of its tensors and what is said of it.</summary>
static class AdapterShapes
{
    const string A = ".lora_A.default.";

    /// <summary>The options of an adapter that training goes on with.</summary>
    /// <param name="asked">What was asked for; what the adapter says itself counts more.</param>
    /// <param name="adapter">The adapter.</param>
    internal static LoraOptions Of(LoraOptions asked, AdapterSource adapter)
    {
        var said = adapter.Arguments;
        var alpha = Number(said, "lora_alpha") ?? asked.Alpha;
        var modules = new Dictionary<string, (int Rank, List<string> Parts)>(StringComparer.Ordinal);
        foreach (var tensor in adapter.Tensors)
        {
            var at = tensor.Name.IndexOf(A, StringComparison.Ordinal);
            if (at < 0) { continue; }
            var (module, rest) = (tensor.Name[..at], tensor.Name[(at + A.Length)..]);
            if (!modules.TryGetValue(module, out var known)) { modules.Add(module, known = ((int)tensor.Shape[0], [])); }
            // weight, weight7 of a grouped expert, or q.weight of a projection.
            var dot = rest.IndexOf('.', StringComparison.Ordinal);
            if (dot > 0 && !known.Parts.Contains(rest[..dot])) { known.Parts.Add(rest[..dot]); }
        }
        return asked with
        {
            Rank = (int?)Number(said, "lora_rank") ?? asked.Rank,
            Alpha = alpha,
            IsRankStabilised = said["use_rslora"]?.GetValue<bool>() ?? asked.IsRankStabilised,
            ModulesToSave = said["modules_to_save"] is JsonArray saved ? [.. saved.Select(static s => (string)s!)] : asked.ModulesToSave,
            Modules = modules.ToDictionary(static m => m.Key, m => new LoraShape(m.Value.Rank, alpha, m.Value.Parts.Count == 0 ? null : m.Value.Parts), StringComparer.Ordinal),
        };
    }

    static double? Number(JsonObject said, string name) =>
        said[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? double.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture) : null;
}
