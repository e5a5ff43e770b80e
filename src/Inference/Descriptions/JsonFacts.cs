using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Inference.Descriptions;

/// <summary>Values of a config that are of the type asked for; of another type they count as absent.</summary>
static class JsonFacts
{
    internal static double? Number(this JsonObject json, string key) => Number(json[key]);

    internal static double? Number(JsonNode? node) => Of(node, JsonValueKind.Number)?.GetValue<double>();

    internal static string? Text(this JsonObject json, string key) => Text(json[key]);

    internal static string? Text(JsonNode? node) => Of(node, JsonValueKind.String)?.GetValue<string>();

    internal static bool? Flag(this JsonObject json, string key) => (Of(json[key], JsonValueKind.True) ?? Of(json[key], JsonValueKind.False))?.GetValue<bool>();

    static JsonValue? Of(JsonNode? node, JsonValueKind kind) => node is JsonValue value && value.GetValueKind() == kind ? value : null;
}
