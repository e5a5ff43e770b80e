using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Formats.Zarr;

/// <summary>An array found in a tree.</summary>
/// <param name="Name">Its path below the tree's root, '/' between parts; of the root itself the folder's own name.</param>
/// <param name="Folder">Its path below the root, "" for the root.</param>
/// <param name="MetadataPath">The file that says what it is, below the root.</param>
/// <param name="MetadataLength">That file's bytes.</param>
/// <param name="Array">What it is.</param>
sealed record ZarrFoundArray(string Name, string Folder, string MetadataPath, long MetadataLength, ZarrArray Array);

/// <summary>A tree of folders with zarr arrays in it: walked once, arrays themselves not entered.</summary>
sealed class ZarrFolder
{
    const string GroupV2 = ".zgroup";
    const string ConsolidatedV2 = ".zmetadata";
    const int MaxDepth = 64;

    readonly string _root;
    readonly bool _megatron;
    readonly ZarrConsolidated? _consolidated;
    readonly List<ZarrFoundArray> _arrays = [];
    readonly List<(string Path, long Length)> _objects = [];
    readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    readonly HashSet<string> _around = new(StringComparer.Ordinal);

    ZarrFolder(string root, bool megatron, ZarrConsolidated? consolidated) => (_root, _megatron, _consolidated) = (root, megatron, consolidated);

    /// <summary>The arrays, by name.</summary>
    internal IReadOnlyList<ZarrFoundArray> Arrays => _arrays;

    /// <summary>Megatron's objects: files <c>shard_*.pt</c> below the root, by path.</summary>
    internal IReadOnlyList<(string Path, long Length)> Objects => _objects;

    /// <summary>Whether the root has the metadata of all arrays in one file.</summary>
    internal bool IsConsolidated => _consolidated is not null;

    /// <summary>Looks for arrays in a folder and below it.</summary>
    /// <param name="root">An array's own folder, a group's, or one with arrays in it.</param>
    /// <param name="megatron">Whether it is of Megatron: no groups, objects beside arrays, leftovers of locks.</param>
    internal static ZarrFolder Walk(string root, bool megatron)
    {
        var found = new ZarrFolder(root, megatron, megatron ? null : ReadConsolidated(root));
        found.Enter("", root, 0);
        found.CheckConsolidated();
        found._arrays.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        found._objects.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return found;
    }

    void Enter(string folder, string real, int depth)
    {
        if (depth > MaxDepth || !_around.Add(real)) { Throw.TooDeep(Path.Combine(_root, folder)); }
        if (Array(folder) is { } array) { _arrays.Add(array); }
        else { EnterGroup(folder, real, depth); }
        _around.Remove(real);
    }

    void EnterGroup(string folder, string real, int depth)
    {
        var inner = new List<(string Name, string Real)>();
        foreach (var entry in new DirectoryInfo(Path.Combine(_root, folder)).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo)
            {
                // Locks of the writers of flattened tensors (zarr-python's ProcessSynchronizer) lie beside the arrays.
                if (!_megatron || !entry.Name.EndsWith(".sync", StringComparison.Ordinal)) { inner.Add((entry.Name, RealPath(entry, real))); }
            }
            else if (_megatron && folder.Length > 0 && entry.Name.StartsWith("shard_", StringComparison.Ordinal) && entry.Name.EndsWith(".pt", StringComparison.Ordinal))
            {
                _objects.Add((Below(folder, entry.Name), ((FileInfo)entry).Length));
            }
        }
        foreach (var (name, place) in inner) { Enter(Below(folder, name), place, depth + 1); }
    }

    /// <summary>Where a folder really lies, so that links which lead back up are seen.</summary>
    static string RealPath(FileSystemInfo entry, string parent) =>
        entry.LinkTarget is null ? Path.Combine(parent, entry.Name) : entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? entry.FullName;

    ZarrFoundArray? Array(string folder)
    {
        var name = folder.Length == 0 ? Path.GetFileName(_root) : folder;
        if (_consolidated?.Find(folder) is { } told)
        {
            _seen.Add(folder);
            return new ZarrFoundArray(name, folder, _consolidated.Path, _consolidated.Length, told);
        }
        foreach (var file in (string[])[ZarrArray.V3Name, ZarrArray.V2Name])
        {
            if (_megatron && file == ZarrArray.V3Name) { continue; }
            var path = Below(folder, file);
            var full = Path.Combine(_root, path);
            if (!File.Exists(full)) { continue; }
            var text = ZarrJson.ReadFile(full);
            var node = ZarrJson.Parse(text, full);
            if (file == ZarrArray.V3Name && ZarrJson.Text(node, "node_type", full) == "group") { return null; }
            if (_consolidated is not null) { Throw.NotListed(Path.Combine(_root, _consolidated.Path), folder); }
            return new ZarrFoundArray(name, folder, path, text.Length, file == ZarrArray.V3Name ? ZarrArrayParser.ParseV3(node, full) : ZarrArrayParser.ParseV2(node, full));
        }
        return null;
    }

    /// <summary>ZAR-1.3: an array that is listed and has not even a folder would read as nothing but fill values.</summary>
    void CheckConsolidated()
    {
        if (_consolidated?.Names.FirstOrDefault(name => !_seen.Contains(name)) is { } missing) { Throw.NotThere(Path.Combine(_root, _consolidated.Path), missing); }
    }

    static ZarrConsolidated? ReadConsolidated(string root)
    {
        foreach (var name in (string[])[ZarrArray.V3Name, ConsolidatedV2])
        {
            var path = Path.Combine(root, name);
            if (!File.Exists(path)) { continue; }
            var text = ZarrJson.ReadFile(path);
            var node = ZarrJson.Parse(text, path);
            if (name == ConsolidatedV2) { return ZarrConsolidated.OfV2(node, name, text.Length, path); }
            var isGroup = ZarrJson.Text(node, "node_type", path) == "group";
            return isGroup && ZarrJson.Optional(node, "consolidated_metadata") is { } all ? ZarrConsolidated.OfV3(all, name, text.Length, path) : null;
        }
        return null;
    }

    static string Below(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    static class Throw
    {
        [DoesNotReturn]
        internal static void TooDeep(string where) => throw new MalformedCheckpointException("ZAR-1.4", where, $"lies {MaxDepth} folders deep, or is a link to a folder around it");

        [DoesNotReturn]
        internal static void NotListed(string where, string name) => throw new MalformedCheckpointException(
            "ZAR-1.3", where, $"does not list the array {Quoted.Name(name)} that lies beside it; consolidate the metadata again");

        [DoesNotReturn]
        internal static void NotThere(string where, string name) => throw new MalformedCheckpointException("ZAR-1.3", where, $"lists an array {Quoted.Name(name)}, which has no folder");
    }
}
