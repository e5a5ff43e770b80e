namespace Ckpt.Sharding.Running;

/// <summary>A folder that takes its final name in one step: whoever looks finds the earlier one or the new one, each whole (SHD-4.5).</summary>
public static class FolderPublication
{
    const string Suffix = ".partial";

    /// <summary>Where the folder grows.</summary>
    public static string PartialOf(string final) => Normalise(final) + Suffix;

    /// <summary>An empty folder to grow in; what a lost run left of it is removed.</summary>
    public static string Begin(string final)
    {
        var folder = PartialOf(final);
        if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Gives the folder its final name; every file in it has been flushed. What had the name before is removed.</summary>
    public static void Publish(string final) => Publish(PartialOf(final), Normalise(final));

    /// <summary>Points a link at a folder beside it, whatever it pointed at before; where the system can, in one step.</summary>
    /// <param name="link">The link.</param>
    /// <param name="target">The folder's name, relative to the link's place.</param>
    /// <exception cref="IOException">Something else has the link's name.</exception>
    public static void Link(string link, string target)
    {
        if (Path.Exists(link) && new FileInfo(link).LinkTarget is null) { throw new IOException($"{link}: is no link; nothing is put in its place"); }
        var made = link + ".new";
        File.Delete(made);
        File.CreateSymbolicLink(made, target);
        if (Posix.TryRename(made, link)) { return; }
        File.Delete(link);
        File.Delete(made);
        Directory.CreateSymbolicLink(link, target);
    }

    internal static void Publish(string folder, string final)
    {
        FlushTree(folder);
        var parent = Path.GetDirectoryName(final)!;
        if (Directory.Exists(final) && Directory.EnumerateFileSystemEntries(final).Any())
        {
            // SHD-4.5: the earlier output stays whole until the new one is; where the swap is one step, at every moment.
            if (!Posix.TryExchange(folder, final))
            {
                var aside = final + ".replaced";
                Directory.Move(final, aside);
                Directory.Move(folder, final);
                Directory.Move(aside, folder);
            }
            Posix.FlushFolder(parent);
            Directory.Delete(folder, recursive: true);
        }
        else
        {
            if (Directory.Exists(final)) { Directory.Delete(final); }
            Directory.Move(folder, final);
            Posix.FlushFolder(parent);
        }
    }

    internal static string Normalise(string output) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));

    static void FlushTree(string folder)
    {
        foreach (var inner in Directory.EnumerateDirectories(folder)) { FlushTree(inner); }
        Posix.FlushFolder(folder);
    }
}
