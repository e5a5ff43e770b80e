using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Doctoring;

/// <summary>
/// Holds a checkpoint to the hashes that Megatron-core 0.18 and later writes with <c>--verify-integrity</c>: <c>integrity.json</c>, SHA-256 of the files beside it
/// (VFY-3.6). Megatron refuses to load where one differs.
/// </summary>
static class IntegrityDoctor
{
    const string Name = "integrity.json";
    const int MostBytes = 64_000_000;

    /// <summary>What can be seen without reading: files that lack.</summary>
    internal static List<Finding> Examine(string folder)
    {
        var files = Files(folder, out var findings);
        findings.AddRange(files.Where(file => !File.Exists(Path.Combine(folder, file.Name))).Select(file => new Finding(Severity.Broken, Path.Combine(folder, file.Name), $"{Name} has a hash of it, and it is not there", "copy it again")));
        return findings;
    }

    /// <summary>Every file's hash.</summary>
    internal static IReadOnlyList<Finding> Deep(string folder, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var files = Files(folder, out _).Where(file => File.Exists(Path.Combine(folder, file.Name))).ToArray();
        if (files.Length == 0) { return []; }
        var found = new string[files.Length];
        progress.Begin("hashing files", files.Sum(file => new FileInfo(Path.Combine(folder, file.Name)).Length));
        OrderedParallel.For(files.Length, options.Threads, i => found[i] = FileDigests.Sha256(Path.Combine(folder, files[i].Name), progress, cancel), cancel);
        return [.. files.Select((file, i) => (file, sha: found[i])).Where(static each => !each.sha.Equals(each.file.Sha256, StringComparison.OrdinalIgnoreCase))
            .Select(each => new Finding(Severity.Broken, Path.Combine(folder, each.file.Name), $"has the SHA-256 {each.sha}, {Name} says {each.file.Sha256}", "copy it again; where it was changed on purpose, remove integrity.json"))];
    }

    static (string Name, string Sha256)[] Files(string folder, out List<Finding> findings)
    {
        findings = [];
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path) || new FileInfo(path).Length > MostBytes) { return []; }
        try
        {
            if (JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject json && json["files"] is JsonObject files && json["algorithm"] is JsonValue value && value.TryGetValue<string>(out var algorithm))
            {
                if (algorithm != "sha256") { findings.Add(new Finding(Severity.Note, path, $"its hashes are {algorithm}, and only sha256 is checked", "nothing")); return []; }
                var listed = files.Select(static file => (file.Key, file.Value is JsonValue hash && hash.TryGetValue<string>(out var text) ? text : "")).ToArray();
                // Names only: the files lie beside it.
                if (listed.All(static file => file.Item2.Length > 0 && file.Key.Length > 0 && Path.GetFileName(file.Key) == file.Key && file.Key is not ("." or "..") && !file.Key.Contains('\0'))) { return listed; }
            }
            findings.Add(new Finding(Severity.Broken, path, "does not list hashes by file name", "copy it again"));
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException) { findings.Add(new Finding(Severity.Broken, path, $"is no JSON: {error.Message}", "copy it again")); }
        return [];
    }
}
