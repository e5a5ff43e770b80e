using System.Text.Json;

namespace Ckpt.Formats.Hub;

/// <summary>A downloaded revision: a folder of links into a folder of blobs.</summary>
static class HubSnapshot
{
    const string Index = "model.safetensors.index.json";

    /// <summary>Paths of the files whose blob is not there, and of those that the weights' index names and nobody fetched (CLI-5.6).</summary>
    internal static IReadOnlyList<string> MissingFiles(string snapshot)
    {
        var missing = new List<string>();
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, AttributesToSkip = 0 };
        foreach (var entry in new DirectoryInfo(snapshot).EnumerateFileSystemInfos("*", options))
        {
            // File.Exists says yes to a link that leads nowhere: the target itself is asked.
            if (entry.LinkTarget is not null && entry.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true })
            {
                missing.Add(Path.GetRelativePath(snapshot, entry.FullName));
            }
        }
        missing.AddRange(Shards(Path.Combine(snapshot, Index)).Where(shard => !missing.Contains(shard) && !File.Exists(Path.Combine(snapshot, shard))));
        missing.Sort(StringComparer.Ordinal);
        return missing;
    }

    /// <summary>The file names an index lists. A broken index lists none here: the reader says what is wrong with it.</summary>
    static HashSet<string> Shards(string index)
    {
        var shards = new HashSet<string>(StringComparer.Ordinal);
        if (!File.Exists(index) || new FileInfo(index).Length > 256 << 20) { return shards; }
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object) { return shards; }
            foreach (var entry in map.EnumerateObject())
            {
                if (entry.Value.ValueKind == JsonValueKind.String && entry.Value.GetString() is { Length: > 0 } name && Path.GetFileName(name) == name) { shards.Add(name); }
            }
        }
        catch (JsonException) { shards.Clear(); }
        catch (InvalidOperationException) { shards.Clear(); } // a string that is no valid UTF-16
        return shards;
    }
}
