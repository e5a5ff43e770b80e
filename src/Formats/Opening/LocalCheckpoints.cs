using System.Globalization;
using System.Text.RegularExpressions;

namespace Ckpt.Formats.Opening;

/// <summary>
/// The files of nvidia-resiliency-ext's local checkpoints, <c>SESSION/RANK/iter_0000100_3_local.pt</c>: found and named, not read (CLI-6.3). Source:
/// nvidia_resiliency_ext/checkpointing/local/ckpt_managers/local_manager.py.
/// </summary>
static partial class LocalCheckpoints
{
    // Folders that are no such checkpoint are looked into as well.
    const int MostFolders = 64;

    static readonly EnumerationOptions s_readable = new(); // what cannot be read is passed over

    /// <summary>Whether a file is one of them.</summary>
    internal static bool IsLocal(string name) => Name().IsMatch(name);

    /// <summary>Their names below a folder: in itself, in the ranks of a session, or in the sessions of a run.</summary>
    internal static IReadOnlyList<string> Find(string path)
    {
        if (!Directory.Exists(path)) { return [System.IO.Path.GetFileName(path)]; }
        var found = new List<string>();
        Add(path, 0);
        return found;

        void Add(string folder, int depth)
        {
            foreach (var file in Directory.EnumerateFiles(folder, "iter_*_local.pt", s_readable))
            {
                if (IsLocal(System.IO.Path.GetFileName(file))) { found.Add(System.IO.Path.GetRelativePath(path, file).Replace('\\', '/')); }
            }
            if (depth == 2) { return; }
            foreach (var inner in Directory.EnumerateDirectories(folder, "*", s_readable).Take(MostFolders)) { Add(inner, depth + 1); }
        }
    }

    /// <summary>What there is: how many files, of which iterations and ranks.</summary>
    internal static string Say(string path)
    {
        var files = Find(path);
        var names = files.Select(static file => Name().Match(System.IO.Path.GetFileName(file))).Where(static match => match.Success).ToArray();
        var iterations = names.Select(static match => long.Parse(match.Groups["iteration"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)).Distinct().Order().ToArray();
        var ranks = names.Select(static match => match.Groups["rank"].Value).Distinct().Count();
        var span = iterations is [] ? "" : $" of {(iterations.Length == 1 ? $"iteration {iterations[0]}" : $"iterations {iterations[0]} to {iterations[^1]}")} by {ranks} {(ranks == 1 ? "rank" : "ranks")}";
        return $" ({files.Count} {(files.Count == 1 ? "file" : "files")}{span}: {Quoted.Names([.. files.Order(StringComparer.Ordinal)])})";
    }

    [GeneratedRegex(@"\Aiter_(?<iteration>[0-9]{7,18})_(?<rank>[0-9]{1,9})_local\.pt\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
