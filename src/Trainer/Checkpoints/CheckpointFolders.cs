using System.Globalization;
using Ckpt.Sharding.Running;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>The checkpoints of a run's folder (TRN-14): their names, which are kept, and the links to the best and the last.</summary>
public static class CheckpointFolders
{
    const string Prefix = "checkpoint-";
    const string Merged = "-merged";

    /// <summary>The folder of an iteration's checkpoint.</summary>
    public static string Of(string outputDir, long iteration) => Path.Combine(outputDir, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{iteration}"));

    /// <summary>The folder of the same checkpoint with its adapter merged.</summary>
    public static string MergedOf(string outputDir, long iteration) => Of(outputDir, iteration) + Merged;

    /// <summary>The iterations of which there is a complete checkpoint, ascending.</summary>
    public static IReadOnlyList<long> Iterations(string outputDir) => !Directory.Exists(outputDir) ? [] :
        [.. Directory.EnumerateDirectories(outputDir, Prefix + "*").Select(static path => IterationOf(Path.GetFileName(path))).OfType<long>().Order()];

    /// <summary>The checkpoint that was saved last; null where there is none.</summary>
    public static string? Last(string outputDir) => Iterations(outputDir) is [.., var last] ? Of(outputDir, last) : null;

    /// <summary>Removes checkpoints beyond a limit, oldest first; neither the last nor the best (TRN-14.2).</summary>
    internal static void Prune(string outputDir, int limit, long? best)
    {
        var there = Iterations(outputDir);
        var over = there.Count - Math.Max(2, limit);
        foreach (var iteration in there)
        {
            if (over <= 0) { return; }
            if (iteration == there[^1] || iteration == best) { continue; }
            // The name goes first: nobody takes half a checkpoint for a whole one.
            foreach (var folder in (string[])[Of(outputDir, iteration), MergedOf(outputDir, iteration)])
            {
                if (!Directory.Exists(folder)) { continue; }
                var gone = FolderPublication.PartialOf(folder);
                if (Directory.Exists(gone)) { Directory.Delete(gone, recursive: true); }
                Directory.Move(folder, gone);
                Directory.Delete(gone, recursive: true);
            }
            over--;
        }
    }

    /// <summary>Removes what lost saves left.</summary>
    internal static void RemovePartials(string outputDir)
    {
        if (!Directory.Exists(outputDir)) { return; }
        foreach (var folder in Directory.EnumerateDirectories(outputDir, Path.GetFileName(FolderPublication.PartialOf(Prefix + "*")))) { Directory.Delete(folder, recursive: true); }
    }

    /// <summary>Points a name in the run's folder at a checkpoint.</summary>
    internal static void Link(string outputDir, string name, long iteration) => FolderPublication.Link(Path.Combine(outputDir, name), Path.GetFileName(Of(outputDir, iteration)));

    static long? IterationOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var iteration) ? iteration : null;
}
