using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Output;

/// <summary>Says of a path that is not there which one nearly like it is.</summary>
static class PathHint
{
    const int MostNames = 1000;

    /// <summary>A sentence, or nothing where there is nothing to say.</summary>
    internal static string For(string? path)
    {
        if (string.IsNullOrEmpty(path)) { return ""; }
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var name = Path.GetFileName(full);
        var parent = Path.GetDirectoryName(full);
        while (parent is not null && !Directory.Exists(parent))
        {
            name = Path.GetFileName(parent);
            parent = Path.GetDirectoryName(parent);
        }
        if (parent is null || name.Length == 0) { return ""; }
        try
        {
            var nearest = NearestName.Of(name, Directory.EnumerateFileSystemEntries(parent).Take(MostNames).Select(e => Path.GetFileName(e)));
            return nearest is null ? $"{parent} exists and holds nothing named like '{name}'." : $"Did you mean {Path.Combine(parent, nearest)}?";
        }
        catch (UnauthorizedAccessException) { return ""; } // a hint is not worth a second fault
        catch (IOException) { return ""; }
    }
}
