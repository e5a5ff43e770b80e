using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Sharding.Running;

namespace Ckpt.Verify.Doctoring;

/// <summary>A file as the receipt of a conversion tells it.</summary>
/// <param name="Path">Relative to the receipt's folder; never outside of it.</param>
/// <param name="Bytes">How long it is.</param>
/// <param name="Crc">Its CRC-32; null where the receipt has none.</param>
public readonly record struct RecordedFile(string Path, long Bytes, uint? Crc);

/// <summary>What of a receipt, <c>ckpt.json</c>, can be held to the checkpoint it lies in. Parsing trusts nothing.</summary>
/// <param name="Where">The receipt's path.</param>
/// <param name="Format">The format written; null where it does not say.</param>
/// <param name="Tensors">How many tensors were written; null where it does not say.</param>
/// <param name="Files">The files written.</param>
/// <param name="SourceFingerprint">The source's fingerprint; null where none was made.</param>
/// <param name="OutputFingerprint">The output's.</param>
public sealed record ConversionRecord(string Where, string? Format, long? Tensors, IReadOnlyList<RecordedFile> Files, string? SourceFingerprint, string? OutputFingerprint)
{
    /// <summary>Receipts of conversions of the largest models are some megabytes.</summary>
    const int MostBytes = 256_000_000;

    /// <summary>Where a checkpoint's receipt is: in its folder, or, of an iteration, in the folder of iterations. Null: nowhere.</summary>
    public static string? Find(string path)
    {
        var folder = Directory.Exists(path) ? System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)) : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        var name = System.IO.Path.GetFileName(folder);
        var isIteration = name == "release" || name.StartsWith("iter_", StringComparison.Ordinal);
        return new[] { folder, isIteration ? System.IO.Path.GetDirectoryName(folder) : null }.OfType<string>().Select(static each => System.IO.Path.Combine(each, PartialOutput.ReceiptName)).FirstOrDefault(File.Exists);
    }

    /// <summary>Reads a receipt.</summary>
    /// <exception cref="Formats.MalformedCheckpointException">VFY-3.5: it is none.</exception>
    public static ConversionRecord Read(string path)
    {
        if (new FileInfo(path).Length > MostBytes) { throw Throw.NoReceipt(path, $"it has more than {MostBytes:N0} bytes", null); }
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Parses a receipt.</summary>
    /// <exception cref="Formats.MalformedCheckpointException">VFY-3.5: it is none.</exception>
    public static ConversionRecord Parse(ReadOnlySpan<byte> text, string where)
    {
        try
        {
            if (JsonNode.Parse(text) is not JsonObject json || json["ckpt"] is null) { throw Throw.NoReceipt(where, "it does not say 'ckpt'", null); }
            var files = new List<RecordedFile>();
            foreach (var node in json["files"] as JsonArray ?? [])
            {
                if (node is not JsonObject file || Text(file["path"]) is not { } path || Number(file["bytes"]) is not { } bytes) { throw Throw.NoReceipt(where, "an entry of 'files' has no path or no number of bytes", null); }
                if (IsOutside(path)) { throw Throw.NoReceipt(where, $"'{(path.Length > 80 ? path[..80] + "…" : path)}' is no path in its folder", null); }
                files.Add(new RecordedFile(path, bytes, uint.TryParse(Text(file["crc32"]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc) ? crc : null));
            }
            var fingerprint = json["fingerprint"] as JsonObject;
            return new ConversionRecord(where, Text((json["target"] as JsonObject)?["format"]), Number((json["ledger"] as JsonObject)?["target_tensors"]), files, Text(fingerprint?["source"]), Text(fingerprint?["output"]));
        }
        // JsonNode is filled when it is looked into: names twice are told then, as an ArgumentException, and half a surrogate as an InvalidOperationException.
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException) { throw Throw.NoReceipt(where, error.Message, error); }
    }

    static bool IsOutside(string path) => path.Length == 0 || path.Contains('\0') || System.IO.Path.IsPathRooted(path) || path.Split('/', '\\').Contains("..");

    static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    static long? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) && number >= 0 ? number : null;

    static class Throw
    {
        internal static Formats.MalformedCheckpointException NoReceipt(string where, string why, Exception? inner) => new("VFY-3.5", where, $"is no receipt of a conversion: {why}", inner);
    }
}
