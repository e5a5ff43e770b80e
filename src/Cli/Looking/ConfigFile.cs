using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats;

namespace Ckpt.Cli.Looking;

/// <summary>The config.json that lies with a checkpoint.</summary>
static class ConfigFile
{
    const int Largest = 64 << 20;
    static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    /// <summary>Finds and reads it: in the folder, or above an iteration's. Null where there is none.</summary>
    internal static JsonObject? ReadFor(string checkpoint)
    {
        var folder = Directory.Exists(checkpoint) ? Path.GetFullPath(checkpoint) : Path.GetDirectoryName(Path.GetFullPath(checkpoint))!;
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        var isIteration = name == "release" || name.StartsWith("iter_", StringComparison.Ordinal);
        string?[] places = [folder, isIteration ? Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) : null];
        var file = places.OfType<string>().Select(p => Path.Combine(p, "config.json")).FirstOrDefault(File.Exists);
        if (file is null) { return null; }

        var length = new FileInfo(file).Length;
        return length <= Largest ? Parse(File.ReadAllBytes(file), file)
            : throw new MalformedCheckpointException("CLI-7.2", file, $"{length} bytes; a config.json has at most {Largest}");
    }

    /// <summary>Reads the text. Pure.</summary>
    /// <exception cref="MalformedCheckpointException">It is no JSON object.</exception>
    internal static JsonObject Parse(ReadOnlySpan<byte> json, string file)
    {
        if (json.StartsWith("\uFEFF"u8)) { json = json[3..]; }
        try
        {
            return JsonNode.Parse(json, documentOptions: s_options) as JsonObject ?? throw new MalformedCheckpointException("CLI-7.2", file, "not a JSON object");
        }
        catch (JsonException fault)
        {
            throw new MalformedCheckpointException("CLI-7.2", file, $"not JSON: {fault.Message}", fault);
        }
    }
}
