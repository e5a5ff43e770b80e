using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Models.Megatron.State;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>How far a run is, and what besides tensors it needs to go on.</summary>
/// <param name="Iteration">Iterations done.</param>
/// <param name="ConsumedTrainSamples">Samples trained on.</param>
/// <param name="ConsumedValidSamples">Samples evaluated on.</param>
/// <param name="Arguments">The run's arguments, by their Python names.</param>
/// <param name="Scheduler">The learning rate's schedule.</param>
/// <param name="Rng">This rank's random number generators; null where they are not kept, or are of other ranks than those there are now.</param>
public sealed record TrainingState(
    long Iteration, long ConsumedTrainSamples, long ConsumedValidSamples, IReadOnlyDictionary<string, JsonElement> Arguments, SchedulerState? Scheduler, RngState? Rng)
{
    /// <summary>The arguments as an object.</summary>
    internal JsonObject ArgumentsJson()
    {
        var json = new JsonObject();
        foreach (var (name, value) in Arguments) { json[name] = value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : JsonNode.Parse(value.GetRawText()); }
        return json;
    }

    /// <summary>An object as arguments.</summary>
    internal static IReadOnlyDictionary<string, JsonElement> ArgumentsOf(JsonObject json) =>
        json.ToDictionary(static entry => entry.Key, static entry => JsonSerializer.SerializeToElement(entry.Value), StringComparer.Ordinal);
}
