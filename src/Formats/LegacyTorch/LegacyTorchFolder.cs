using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>The folder of one iteration of a legacy checkpoint: which ranks' files there are. Nothing in them is read.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Iteration">From its name, <c>iter_0000001</c>.</param>
/// <param name="IsRelease">Whether its name is <c>release</c>.</param>
/// <param name="Ranks">The ranks' files, by stage, expert rank and tensor rank.</param>
public sealed record LegacyTorchFolder(string Path, long? Iteration, bool IsRelease, IReadOnlyList<LegacyRankEntry> Ranks)
{
    /// <summary>The file of a rank.</summary>
    public const string FileName = "model_optim_rng.pt";

    /// <summary>The file of its distributed optimizer, beside it.</summary>
    public const string OptimizerName = "distrib_optim.pt";

    // Megatron-LM of early 2023 with a distributed optimizer, which kept that in folders of its own.
    const string OldFileName = "model_rng.pt";
    const string OldOptimizerName = "optim.pt";

    /// <summary>Lists an iteration's folder, or the last one of a run's folder.</summary>
    /// <exception cref="MalformedCheckpointException">There are no ranks, or one has no file.</exception>
    public static LegacyTorchFolder Find(string path)
    {
        var found = TorchDistFolder.Tracked(path, IsIteration);
        var ranks = new List<LegacyRankEntry>();
        foreach (var folder in Directory.EnumerateDirectories(found.Path, LegacyRankName.Prefix + "*"))
        {
            var name = System.IO.Path.GetFileName(folder);
            if (!LegacyRankName.TryParse(name, out var rank)) { Throw.Name(found.Path, name); }
            if (rank.ToString() != name) { Throw.Digits(found.Path, name, rank); }
            if (Entry(folder, name, rank) is { } entry) { ranks.Add(entry); }
        }
        if (ranks.Count == 0) { Throw.NoRanks(found.Path); }
        ranks.Sort(static (a, b) => a.Name.CompareTo(b.Name));
        return new LegacyTorchFolder(found.Path, found.Iteration, found.IsRelease, ranks);
    }

    /// <summary>Whether a folder holds ranks.</summary>
    internal static bool IsIteration(string path) => Directory.EnumerateDirectories(path, LegacyRankName.Prefix + "*").Any();

    static LegacyRankEntry? Entry(string folder, string name, LegacyRankName rank)
    {
        foreach (var file in (ReadOnlySpan<string>)[FileName, OldFileName])
        {
            var model = new FileInfo(System.IO.Path.Combine(folder, file));
            if (!model.Exists) { continue; }
            var optimizer = new FileInfo(System.IO.Path.Combine(folder, OptimizerName));
            return new LegacyRankEntry(rank, new FileEntry($"{name}/{file}", model.Length), optimizer.Exists ? new FileEntry($"{name}/{OptimizerName}", optimizer.Length) : null);
        }
        return File.Exists(System.IO.Path.Combine(folder, OldOptimizerName)) ? null : Throw.NoFile(folder);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Name(string path, string name) => throw new MalformedCheckpointException(
            "LEG-1.1", path, $"{Quoted.Name(name)} is no rank's folder; those are named mp_rank_TT, mp_rank_TT_PPP, mp_rank_TT_EEE or mp_rank_TT_PPP_EEE");

        [DoesNotReturn]
        internal static void Digits(string path, string name, LegacyRankName rank) => throw new MalformedCheckpointException(
            "LEG-1.1", path, $"{Quoted.Name(name)} is written otherwise than Megatron does, {rank}");

        [DoesNotReturn]
        internal static LegacyRankEntry NoFile(string folder) => throw new MalformedCheckpointException(
            "LEG-1.2", folder, $"holds no {FileName}");

        [DoesNotReturn]
        internal static void NoRanks(string path) => throw new MalformedCheckpointException(
            "LEG-1.2", path, $"no mp_rank_* folder here holds a {FileName}");
    }
}
