using System.Globalization;
using System.Text;
using Ckpt.Formats.IO;

namespace Ckpt.Formats.TorchDist;

/// <summary>The folder that holds <c>.metadata</c>, found from what the user named.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Iteration">From its name, <c>iter_0000001</c>.</param>
/// <param name="IsRelease">Whether its name is <c>release</c>.</param>
readonly record struct TorchDistFolder(string Path, long? Iteration, bool IsRelease)
{
    internal const string Tracker = "latest_checkpointed_iteration.txt";
    internal const string Metadata = ".metadata";
    internal const string Common = "common.pt";
    const string Release = "release";
    const string IterationPrefix = "iter_";
    const int SmallFile = 1 << 20;

    /// <summary>The folder of an iteration, or the last one of a run's folder.</summary>
    internal static TorchDistFolder Find(string path) => Tracked(path, static folder => Holds(folder, Metadata) || Holds(folder, "__0" + Metadata) || Holds(folder, TorchDistConfig.FileName));

    /// <summary>The folder named, where it is an iteration's or has no tracker; else the one its tracker names.</summary>
    internal static TorchDistFolder Tracked(string path, Predicate<string> isIteration)
    {
        var folder = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!isIteration(folder) && Holds(folder, Tracker))
        {
            var tracker = System.IO.Path.Combine(folder, Tracker);
            var name = NamedBy(ReadSmall(tracker), tracker);
            folder = System.IO.Path.Combine(folder, name);
            if (!Directory.Exists(folder)) { throw new MalformedCheckpointException("TDC-1.2", tracker, $"names {name}, which is not there; name the folder of an iteration"); }
        }
        var last = System.IO.Path.GetFileName(folder);
        return new TorchDistFolder(folder, IterationOf(last), last == Release);
    }

    /// <summary>The name of an iteration's folder: at least seven digits.</summary>
    internal static string NameOf(long iteration) => IterationPrefix + iteration.ToString("D7", CultureInfo.InvariantCulture);

    /// <summary>The iteration of a folder's name, or null.</summary>
    internal static long? IterationOf(string name) =>
        name.StartsWith(IterationPrefix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(IterationPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var iteration) ? iteration : null;

    /// <summary>What the tracker says for a folder of that name, or null where it has none.</summary>
    internal static string? TrackerOf(string name) =>
        name == Release ? Release : IterationOf(name)?.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads metadata.json, where it is there.</summary>
    /// <param name="backends">The sharded backends that the caller reads; null for those of torch_dist.</param>
    internal TorchDistConfig? ReadConfig(params string[] backends)
    {
        var path = System.IO.Path.Combine(Path, TorchDistConfig.FileName);
        return File.Exists(path) ? TorchDistConfig.Parse(ReadSmall(path), path, backends.Length == 0 ? TorchDistConfig.Backends : backends) : null;
    }

    /// <summary>The paths of the index: <c>.metadata</c>, or where processes did not speak to each other one <c>__RANK.metadata</c> of each, in order.</summary>
    /// <exception cref="MalformedCheckpointException">TDC-1.5: there is none; TDC-1.6: one is missing.</exception>
    internal IReadOnlyList<string> MetadataPaths()
    {
        if (Holds(Path, Metadata)) { return [System.IO.Path.Combine(Path, Metadata)]; }
        if (!Directory.Exists(Path)) { throw new MalformedCheckpointException("TDC-1.5", Path, "is no folder"); }
        var ranks = Directory.EnumerateFiles(Path, "__*" + Metadata).Select(static file => (Rank: RankOf(System.IO.Path.GetFileName(file)), File: file))
            .Where(static item => item.Rank is not null).OrderBy(static item => item.Rank).ToArray();
        for (var rank = 0; rank < ranks.Length; rank++)
        {
            if (ranks[rank].Rank != rank) { throw new MalformedCheckpointException("TDC-1.6", Path, $"holds the index of {ranks.Length} ranks and not that of rank {rank}"); }
        }
        return ranks.Length > 0 ? [.. ranks.Select(static item => item.File)] : throw new MalformedCheckpointException("TDC-1.5", Path, $"holds neither {Metadata} nor {Tracker}");
    }

    /// <summary>The rank whose part of the index a file is, <c>__3.metadata</c>; null for other names.</summary>
    internal static long? RankOf(string name) =>
        name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith(Metadata, StringComparison.Ordinal) && name.Length > 2 + Metadata.Length
        && long.TryParse(name.AsSpan(2, name.Length - 2 - Metadata.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var rank) ? rank : null;

    static string NamedBy(byte[] tracker, string where)
    {
        var text = Encoding.Latin1.GetString(tracker).Trim();
        if (text == Release) { return Release; }
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var iteration))
        {
            throw new MalformedCheckpointException("TDC-1.1", where, $"reads \"{(text.Length > 40 ? text[..40] + "…" : text)}\"; allowed are a number and \"{Release}\"");
        }
        return NameOf(iteration);
    }

    static byte[] ReadSmall(string path)
    {
        using var file = new FileByteSource(path);
        if (file.Length > SmallFile) { throw new MalformedCheckpointException("TDC-1.7", path, $"is {file.Length} bytes long, at most {SmallFile} are expected"); }
        var bytes = new byte[file.Length];
        file.ReadExactly(0, bytes);
        return bytes;
    }

    static bool Holds(string folder, string name) => File.Exists(System.IO.Path.Combine(folder, name));
}
