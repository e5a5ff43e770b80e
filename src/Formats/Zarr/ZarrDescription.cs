using System.Text.Json.Nodes;

namespace Ckpt.Formats.Zarr;

/// <summary>Says in what ways arrays are stored.</summary>
static class ZarrDescription
{
    /// <summary>One entry for each way, with how many arrays are stored so.</summary>
    internal static JsonArray Kinds(IReadOnlyList<ZarrFoundArray> arrays)
    {
        var kinds = new JsonArray();
        foreach (var kind in arrays.GroupBy(static found => (found.Array.Version, Text(found.Array.Pipeline))).OrderByDescending(static g => g.Count()))
        {
            kinds.Add((JsonNode)new JsonObject { ["zarr_format"] = kind.Key.Version, ["stored"] = kind.Key.Item2, ["arrays"] = kind.Count() });
        }
        return kinds;
    }

    static string Text(ZarrPipeline pipeline)
    {
        var parts = new List<string>();
        if (pipeline.Order is { } order) { parts.Add($"axes {string.Join(' ', order)}"); }
        parts.Add(pipeline.Sharding is { } sharding ? $"shards of ({Text(sharding.Chunks)})" : pipeline.BigEndian ? "big-endian" : "plain");
        foreach (var codec in pipeline.Codecs) { parts.Add(codec.Kind == ZarrCodecKind.Blosc ? $"blosc {codec.BloscCompressor}" : codec.Kind.ToString().ToLowerInvariant()); }
        return string.Join(", ", parts);
    }
}
