namespace Ckpt.Formats.Opening;

/// <summary>What detection looks at: the names in a folder, and the text of its small marker files. Read once, judged apart.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Files">Names of files (and of links to files), ordinally sorted.</param>
/// <param name="Folders">Names of folders, ordinally sorted.</param>
/// <param name="Tracker">The text of latest_checkpointed_iteration.txt, or null.</param>
/// <param name="Metadata">The text of metadata.json, or null.</param>
sealed record FolderListing(string Path, IReadOnlyList<string> Files, IReadOnlyList<string> Folders, string? Tracker, byte[]? Metadata)
{
    internal const string TrackerName = "latest_checkpointed_iteration.txt";
    internal const string MetadataName = "metadata.json";

    // Both files are under 200 bytes where real systems write them.
    const int LargestMarker = 1 << 20;

    /// <summary>Reads a folder's names and marker files.</summary>
    internal static FolderListing Read(string path)
    {
        var files = new List<string>();
        var folders = new List<string>();
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            (entry.Attributes.HasFlag(FileAttributes.Directory) ? folders : files).Add(entry.Name);
        }
        files.Sort(StringComparer.Ordinal);
        folders.Sort(StringComparer.Ordinal);
        var tracker = Marker(path, files, TrackerName);
        return new FolderListing(path, files, folders,
            tracker is null ? null : System.Text.Encoding.UTF8.GetString(tracker), Marker(path, files, MetadataName));
    }

    internal bool HasFile(string name) => Files.Contains(name, StringComparer.Ordinal);

    internal bool HasFolder(string name) => Folders.Contains(name, StringComparer.Ordinal);

    internal bool AnyFile(Func<string, bool> like) => Files.Any(like);

    static byte[]? Marker(string path, List<string> files, string name)
    {
        if (files.BinarySearch(name, StringComparer.Ordinal) < 0) { return null; }
        var file = System.IO.Path.Combine(path, name);
        var length = new FileInfo(file).Length;
        if (length > LargestMarker)
        {
            throw new MalformedCheckpointException("CLI-6.5", file, $"{length} bytes; a marker file has at most {LargestMarker}");
        }
        return File.ReadAllBytes(file);
    }
}
