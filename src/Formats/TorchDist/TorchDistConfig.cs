using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Ckpt.Formats.TorchDist;

/// <summary>The file metadata.json. Source: Megatron-LM core/dist_checkpointing/core.py CheckpointingConfig.</summary>
sealed partial record TorchDistConfig(string Backend, int Version, string? CommonBackend)
{
    internal const string FileName = "metadata.json";

    /// <summary>Those that are read as torch_dist.</summary>
    internal static IReadOnlyList<string> Backends { get; } = ["torch_dist", "fsdp_dtensor"];

    internal static TorchDistConfig Parse(ReadOnlyMemory<byte> json, string where, IReadOnlyList<string> backends)
    {
        // System.Text.Json tells of bad text only when it is asked for, and not by a JsonException.
        if (!Utf8.IsValid(json.Span) || EscapedSurrogate().IsMatch(Encoding.UTF8.GetString(json.Span))) { throw Malformed(where, "text that is no Unicode", null); }
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) { throw Malformed(where, $"a JSON {root.ValueKind}", null); }
            var backend = Text(root, "sharded_backend", where) ?? throw Malformed(where, "no sharded_backend", null);
            var version = 1;
            if (root.TryGetProperty("sharded_backend_version", out var number)
                && (number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out version)))
            {
                throw Malformed(where, $"sharded_backend_version {number.GetRawText()}", null);
            }
            // Other keys carry nothing: Megatron from 0.19 on drops them as well.
            return Supported(new TorchDistConfig(backend, version, Text(root, "common_backend", where)), where, backends);
        }
        catch (JsonException broken) { throw Malformed(where, "no JSON", broken); }
    }

    [GeneratedRegex(@"\\u[dD][89a-fA-F]", RegexOptions.CultureInvariant)]
    private static partial Regex EscapedSurrogate();

    static TorchDistConfig Supported(TorchDistConfig config, string where, IReadOnlyList<string> backends)
    {
        if (!backends.Contains(config.Backend))
        {
            throw new UnsupportedCheckpointException("TDC-1.4", where, $"sharded_backend {config.Backend}; read here are {string.Join(" and ", backends)}");
        }
        if (config.Version != 1) { throw new UnsupportedCheckpointException("TDC-1.4", where, $"sharded_backend_version {config.Version}, known is 1"); }
        if (config.CommonBackend is not (null or "torch")) { throw new UnsupportedCheckpointException("TDC-1.4", where, $"common_backend {config.CommonBackend}, known is torch"); }
        return config;
    }

    static string? Text(JsonElement root, string name, string where)
    {
        if (!root.TryGetProperty(name, out var value)) { return null; }
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Malformed(where, $"{name} is a JSON {value.ValueKind}", null);
    }

    static MalformedCheckpointException Malformed(string where, string found, Exception? inner) =>
        new("TDC-1.3", where, $"found {found}; wanted is an object with a string sharded_backend", inner);
}
