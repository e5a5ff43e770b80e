using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.Hub;

namespace Ckpt.Formats;

/// <summary>
/// Finds the folder of a model that is named by a path or by its name on a hub, in what huggingface_hub and ModelScope have downloaded.
/// Never downloads.
/// </summary>
public sealed class HubCache(HubEnvironment environment)
{
    /// <summary>The folder of a model.</summary>
    /// <param name="model">A folder or file, or a name such as <c>Qwen/Qwen3-8B</c> or <c>Qwen/Qwen3-8B@main</c>.</param>
    /// <param name="revision">A branch, tag or commit; null is the name's own, else main.</param>
    /// <exception cref="FileNotFoundException">Neither a path nor in a cache; the message says how to download it.</exception>
    /// <exception cref="MalformedCheckpointException">Downloaded in part.</exception>
    public string Find(string model, string? revision = null)
    {
        if (Directory.Exists(model) || File.Exists(model)) { return model; } // CLI-5.1
        if (!HubId.TryParse(model, revision, out var id)) { Throw.NoSuchPath(model); }
        return InHuggingFace(id) ?? InModelScope(id) ?? Throw.NotDownloaded(id, environment);
    }

    /// <summary>The folder of a data set by its name on a hub, or null where it is in no cache.</summary>
    public string? FindDataset(string name)
    {
        if (!HubId.TryParse(name, null, out var id)) { return null; }
        var folder = Path.Combine(environment.HuggingFace, id.HuggingFaceFolder.Replace("models--", "datasets--", StringComparison.Ordinal));
        var snapshots = Path.Combine(folder, "snapshots");
        if (Directory.Exists(snapshots))
        {
            var snapshot = Commit(folder, id.Revision ?? "main") is { } commit ? Path.Combine(snapshots, commit) : Named(snapshots, id);
            if (snapshot is not null && Directory.Exists(snapshot)) { return snapshot; }
        }
        // ModelScope keeps data sets beside models.
        return environment.ModelScope.Select(root => Path.Combine(Path.GetDirectoryName(root) ?? root, "datasets", id.ModelScopeFolder)).FirstOrDefault(Directory.Exists);
    }

    string? InHuggingFace(HubId id)
    {
        var folder = Path.Combine(environment.HuggingFace, id.HuggingFaceFolder);
        var snapshots = Path.Combine(folder, "snapshots");
        if (!Directory.Exists(snapshots)) { return null; }

        var snapshot = Commit(folder, id.Revision ?? "main") is { } commit ? Path.Combine(snapshots, commit) : Named(snapshots, id);
        if (snapshot is null || !Directory.Exists(snapshot)) { Throw.NoSuchRevision(id, folder, Names(snapshots)); }

        var missing = HubSnapshot.MissingFiles(snapshot);
        if (missing.Count > 0) { Throw.Incomplete(id, snapshot, missing); }
        return snapshot;
    }

    /// <summary>The commit that refs/… names, or null where there is no such file (CLI-5.3).</summary>
    static string? Commit(string folder, string revision)
    {
        var file = Path.Combine(folder, "refs", Path.Combine(revision.Split('/')));
        if (!File.Exists(file)) { return null; }
        var commit = new FileInfo(file).Length <= 256 ? File.ReadAllText(file).Trim() : "";
        return commit.Length > 0 && commit.All(char.IsAsciiLetterOrDigit) ? commit : Throw.BadRef(file);
    }

    /// <summary>The snapshot whose commit is, or alone starts with, the revision; without one, the only snapshot.</summary>
    static string? Named(string snapshots, HubId id)
    {
        var names = Names(snapshots);
        var fitting = id.Revision is null ? names
            : names.Contains(id.Revision) ? [id.Revision]
            : id.Revision.Length >= 7 ? names.Where(name => name.StartsWith(id.Revision, StringComparison.Ordinal)).ToList()
            : [];
        return fitting.Count == 1 ? Path.Combine(snapshots, fitting[0]) : null;
    }

    string? InModelScope(HubId id)
    {
        if (id.Organisation.Length == 0) { return null; }
        foreach (var root in environment.ModelScope)
        {
            var folder = Path.Combine(root, id.ModelScopeFolder);
            if (Directory.Exists(folder))
            {
                // ModelScope keeps one copy a model, with no commit in its path.
                return id.Revision is null or "master" or "main" ? folder : Throw.ModelScopeRevision(id, folder);
            }
        }
        foreach (var root in environment.ModelScope)
        {
            // CLI-5.6: downloads under way are kept here until they are complete.
            var unfinished = Path.Combine(root, "._____temp", id.ModelScopeFolder);
            if (Directory.Exists(unfinished)) { Throw.Incomplete(id, unfinished, ["the download was interrupted"]); }
        }
        return null;
    }

    static List<string> Names(string folder) =>
        new DirectoryInfo(folder).EnumerateDirectories().Select(d => d.Name).Order(StringComparer.Ordinal).ToList();

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoSuchPath(string model) =>
            throw new FileNotFoundException($"{model}: there is no such folder, and it is no name on a hub (Organisation/Name)", model);

        [DoesNotReturn]
        internal static string NotDownloaded(HubId id, HubEnvironment environment) => throw new FileNotFoundException(
            $"{id}: neither a folder here nor in a local cache ({environment.HuggingFace}; {environment.ModelScope.First()}). "
            + $"Download it first: 'hf download {id}{Revision(id)}' (older: 'huggingface-cli download {id}{Revision(id)}') or 'modelscope download --model {id}'");

        [DoesNotReturn]
        internal static void NoSuchRevision(HubId id, string folder, List<string> snapshots) => throw new FileNotFoundException(
            $"{id}: revision '{id.Revision ?? "main"}' is not in {folder}; there are {(snapshots.Count == 0 ? "no snapshots" : string.Join(", ", snapshots.Take(8)))}. "
            + $"Download it: 'hf download {id}{Revision(id)}', or name one of these with --revision");

        [DoesNotReturn]
        internal static string ModelScopeRevision(HubId id, string folder) => throw new FileNotFoundException(
            $"{id}: revision '{id.Revision}' was asked for; the copy in {folder} does not say which it is. Give that folder if it is the right one");

        [DoesNotReturn]
        internal static void Incomplete(HubId id, string folder, IReadOnlyList<string> missing) => throw new MalformedCheckpointException("CLI-5.6", folder,
            $"the download of {id} is incomplete: {string.Join(", ", missing.Take(5))}{(missing.Count > 5 ? $" and {missing.Count - 5} more" : "")}; run 'hf download {id}{Revision(id)}' (or modelscope's) again, which continues it");

        [DoesNotReturn]
        internal static string BadRef(string file) => throw new MalformedCheckpointException("CLI-5.3", file, "does not hold a commit, which is letters and digits only");

        static string Revision(HubId id) => id.Revision is null ? "" : $" --revision {id.Revision}";
    }
}
