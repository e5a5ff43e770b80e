using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;

namespace Ckpt.Verify.Doctoring;

/// <summary>Looks at the files of a Hugging Face folder one by one, so that one broken file does not hide another, and holds them to their index.</summary>
static class SafetensorsDoctor
{
    const string IndexSuffix = ".safetensors.index.json";
    const int MostIndexBytes = 100_000_000;
    const string CopyAgain = "copy or download it again and compare its size with the source's";

    /// <summary>What is wrong in a folder; nothing where it holds no safetensors.</summary>
    internal static List<Finding> Examine(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*.safetensors").Select(static file => Path.GetFileName(file)!).Order(StringComparer.Ordinal).ToArray();
        var indexes = Directory.EnumerateFiles(folder, "*" + IndexSuffix).Order(StringComparer.Ordinal).ToArray();
        var findings = new List<Finding>();
        var headers = new Dictionary<string, SafetensorsHeader>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (Header(Path.Combine(folder, file), findings) is { } header) { headers.Add(file, header); }
        }
        if (indexes.Length == 1) { Index(folder, indexes[0], headers, files, findings); }
        else if (indexes.Length == 0 && files.Length > 1 && headers.Count == files.Length) { NoIndex(folder, headers, findings); }
        return findings;
    }

    /// <summary>What is wrong with one file.</summary>
    internal static List<Finding> OfFile(string path)
    {
        var findings = new List<Finding>();
        _ = Header(path, findings);
        return findings;
    }

    static SafetensorsHeader? Header(string path, List<Finding> findings)
    {
        try
        {
            using var source = new FileByteSource(path);
            var header = SafetensorsReader.ReadHeader(source);
            findings.AddRange(header.Warnings.Select(warning => new Finding(Severity.Note, path, warning, "nothing; other readers may refuse it")));
            if (!header.Metadata.ContainsKey("format")) { findings.Add(NoFormat(path, source, header)); }
            return header;
        }
        catch (CheckpointException error)
        {
            findings.Add(new Finding(Severity.Broken, path, error.Message, CopyAgain));
            return null;
        }
    }

    static Finding NoFormat(string path, FileByteSource source, SafetensorsHeader header)
    {
        var repaired = FormatEntry.Add(source, header);
        return new Finding(Severity.Warning, path, "its metadata has no 'format': transformers refuses to load it",
            repaired is null ? "the header has no room for it: write the file anew with 'ckpt export'" : "--fix writes it into the header's slack")
        { Repair = repaired is null ? null : new Repair(path, "says format: pt in its header", repaired, HeaderOnly: true) };
    }

    static void NoIndex(string folder, Dictionary<string, SafetensorsHeader> headers, List<Finding> findings)
    {
        // Only names of one set of shards make a whole without an index; others may be several models.
        var first = headers.Keys.First();
        if (ShardSet(first) is not { } set || headers.Keys.Any(file => ShardSet(file) != set)) { return; }
        if (set.Of != headers.Count) { findings.Add(new Finding(Severity.Broken, folder, $"{headers.Count} of {set.Of} shards are there, and no index", CopyAgain)); return; }
        findings.Add(new Finding(Severity.Broken, folder, $"{headers.Count} shards and no index", "--fix makes it from the shards' headers")
        { Repair = Rebuilt(Path.Combine(folder, set.Stem + IndexSuffix), headers, null) });
    }

    static void Index(string folder, string path, Dictionary<string, SafetensorsHeader> headers, string[] files, List<Finding> findings)
    {
        if (Parse(path, findings) is not { } index) { return; }
        var map = index["weight_map"] as JsonObject;
        if (map is null || map.Any(static entry => entry.Value is not JsonValue value || value.GetValueKind() != JsonValueKind.String))
        {
            findings.Add(new Finding(Severity.Broken, path, "weight_map is no object of file names", "--fix makes it from the shards' headers") { Repair = Rebuilt(path, headers, index["metadata"] as JsonObject) });
            return;
        }
        var fileOf = map.ToDictionary(static entry => entry.Key, static entry => entry.Value!.GetValue<string>(), StringComparer.Ordinal);
        var missing = fileOf.Values.Distinct().Except(files).Order(StringComparer.Ordinal).ToArray();
        foreach (var file in missing)
        {
            findings.Add(new Finding(Severity.Broken, Path.Combine(folder, file), $"is named by the index, with {fileOf.Values.Count(value => value == file):N0} tensors, and is not there", "copy or download it"));
        }
        if (headers.Count < files.Length) { return; } // what a broken file holds is not known

        var real = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (file, header) in headers)
        {
            foreach (var tensor in header.Tensors) { real[tensor.Name] = file; }
        }
        var stale = fileOf.Where(entry => !missing.Contains(entry.Value) && real.GetValueOrDefault(entry.Key) != entry.Value).Select(static entry => entry.Key).ToArray();
        var absent = real.Keys.Where(name => !fileOf.ContainsKey(name)).ToArray();
        var repair = missing.Length == 0 ? Rebuilt(path, headers, index["metadata"] as JsonObject) : null;
        var advice = repair is null ? "copy the missing files first" : "--fix makes the index from the shards' headers; make sure that no tensor is missing from the model";
        if (stale.Length > 0) { findings.Add(new Finding(Severity.Broken, path, $"{stale.Length:N0} entries are not where it says, {stale[0]} among them", advice) { Repair = repair }); }
        if (absent.Length > 0) { findings.Add(new Finding(Severity.Broken, path, $"{absent.Length:N0} tensors of the files are not in it, {absent[0]} among them", advice) { Repair = repair }); }
        if (stale.Length + absent.Length + missing.Length > 0) { return; }

        var total = Total(headers);
        var said = (index["metadata"] as JsonObject)?["total_size"] is JsonValue size && size.TryGetValue<long>(out var number) ? number : (long?)null;
        if (said != total)
        {
            findings.Add(new Finding(Severity.Warning, path, said is null ? "it has no total_size" : $"it says total_size {said:N0}, the tensors have {total:N0} bytes", "--fix corrects it") { Repair = repair });
        }
    }

    static JsonObject? Parse(string path, List<Finding> findings)
    {
        try
        {
            if (new FileInfo(path).Length > MostIndexBytes) { throw new JsonException($"longer than {MostIndexBytes:N0} bytes"); }
            if (JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject index)
            {
                _ = index.Count; // names twice show only when the object is filled
                foreach (var child in index) { _ = (child.Value as JsonObject)?.Count; }
                return index;
            }
            findings.Add(new Finding(Severity.Broken, path, "is no JSON object", "delete it and run --fix, which makes it from the shards' headers"));
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            findings.Add(new Finding(Severity.Broken, path, $"is no JSON: {error.Message}", "delete it and run --fix, which makes it from the shards' headers"));
        }
        return null;
    }

    static Repair Rebuilt(string path, Dictionary<string, SafetensorsHeader> headers, JsonObject? metadata)
    {
        metadata = metadata?.DeepClone() as JsonObject ?? [];
        metadata["total_size"] = Total(headers);
        var map = new JsonObject();
        foreach (var (name, file) in headers.SelectMany(static each => each.Value.Tensors.Select(tensor => (tensor.Name, each.Key))).OrderBy(static each => each.Name, StringComparer.Ordinal)) { map[name] = file; }
        var index = new JsonObject { ["metadata"] = metadata, ["weight_map"] = map };
        return new Repair(path, "lists the tensors of the files there are", System.Text.Encoding.UTF8.GetBytes(index.ToJsonString(s_indented) + "\n"));
    }

    static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    static long Total(Dictionary<string, SafetensorsHeader> headers) => headers.Values.Sum(static header => header.Tensors.Sum(static tensor => tensor.End - tensor.Begin));

    /// <summary>The stem and number of shards of <c>model-00001-of-00003.safetensors</c>.</summary>
    static (string Stem, int Of)? ShardSet(string file)
    {
        var parts = Path.GetFileNameWithoutExtension(file).Split('-');
        return parts.Length >= 4 && parts[^2] == "of" && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var of) && int.TryParse(parts[^3], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? (string.Join('-', parts[..^3]), of) : null;
    }
}
