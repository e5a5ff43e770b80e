using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Ckpt.Formats.Safetensors;

/// <summary>Which files of a folder are the checkpoint.</summary>
/// <param name="Index">The index to go by, or null.</param>
/// <param name="Files">The files themselves where there is no index.</param>
/// <param name="Others">Safetensors files of the folder besides; an index may still name them.</param>
/// <param name="Warnings">What a user should know about the choice.</param>
sealed partial record SafetensorsFolder(string? Index, IReadOnlyList<string> Files, IReadOnlyList<string> Others, IReadOnlyList<string> Warnings)
{
    const string Extension = ".safetensors";
    const string IndexExtension = ".safetensors.index.json";
    static readonly string[] s_stems = ["model", "adapter_model"];
    static readonly string[] s_otherWeights = [".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".gguf"];

    /// <summary>Decides from the names of the files in a folder; the order of the names does not matter.</summary>
    internal static SafetensorsFolder Choose(IEnumerable<string> names, string where)
    {
        var all = names.Order(StringComparer.Ordinal).ToList();
        var files = all.FindAll(n => n.EndsWith(Extension, StringComparison.Ordinal));
        var indexes = all.FindAll(n => n.EndsWith(IndexExtension, StringComparison.Ordinal));

        foreach (var stem in s_stems)
        {
            if (indexes.Contains(stem + IndexExtension)) { return new SafetensorsFolder(stem + IndexExtension, [], files, []); }
            if (files.Contains(stem + Extension)) { return new SafetensorsFolder(null, [stem + Extension], files, []); }
        }
        if (indexes.Count == 1) { return new SafetensorsFolder(indexes[0], [], files, [$"no model{IndexExtension} and no model{Extension}: {indexes[0]} is read"]); }
        if (indexes.Count > 1) { Throw.Ambiguous(where, indexes); }

        var sets = files.GroupBy(SetOf).ToList();
        if (sets.Count > 1) { Throw.Ambiguous(where, [.. sets.Select(set => set.First())]); }
        if (sets.Count == 1) { return new SafetensorsFolder(null, Complete([.. sets[0]], where), files, [$"no model{IndexExtension} and no model{Extension}: {Quoted.Names(files)} is read"]); }

        var other = all.FindAll(n => s_otherWeights.Any(e => n.EndsWith(e, StringComparison.OrdinalIgnoreCase)));
        if (other.Count > 0) { Throw.OtherWeights(where, other); }
        Throw.Nothing(where);
        return null;
    }

    /// <summary>All the files that a numbered one belongs with; a file without numbers is alone.</summary>
    static string SetOf(string file) => Numbered().Match(file) is { Success: true } m ? $"{m.Groups["stem"].Value}-of-{m.Groups["of"].Value}{m.Groups["rest"].Value}" : file;

    static List<string> Complete(List<string> set, string where)
    {
        if (Numbered().Match(set[0]) is not { Success: true } first) { return set; }
        var of = long.Parse(first.Groups["of"].Value, CultureInfo.InvariantCulture);
        var there = set.Select(f => long.Parse(Numbered().Match(f).Groups["number"].Value, CultureInfo.InvariantCulture)).ToHashSet();
        for (var number = 1L; number <= of; number++)
        {
            if (!there.Contains(number)) { Throw.Incomplete(where, set, number, of); }
        }
        return set.Count == of ? set : Throw.Beyond(where, set, of);
    }

    /// <summary>How many files the names of a set say it has, where they say so.</summary>
    internal static long? AnnouncedCount(string file) =>
        Numbered().Match(file) is { Success: true } m ? long.Parse(m.Groups["of"].Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^(?<stem>.+)-(?<number>[0-9]{5,9})-of-(?<of>[0-9]{5,9})(?<rest>(\.[^/]*)?\.safetensors)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Numbered();

    static class Throw
    {
        [DoesNotReturn]
        internal static void Ambiguous(string where, IReadOnlyList<string> candidates) => throw new MalformedCheckpointException(
            "SFT-6.4", where, $"several checkpoints could be meant, from {Quoted.Names(candidates, 6)}; give the path of one");

        [DoesNotReturn]
        internal static void Incomplete(string where, List<string> set, long number, long of) => throw new MalformedCheckpointException(
            "SFT-6.5", where, $"{Quoted.Name(set[0])} belongs to a set of {of} files, {set.Count} are there; the first that is missing is number {number}");

        [DoesNotReturn]
        internal static List<string> Beyond(string where, List<string> set, long of) => throw new MalformedCheckpointException(
            "SFT-6.5", where, $"{Quoted.Name(set[0])} belongs to a set of {of} files, {set.Count} are there");

        [DoesNotReturn]
        internal static void OtherWeights(string where, List<string> other) => throw new UnsupportedCheckpointException(
            "SFT-6.6", where, $"no safetensors file, but {Quoted.Names(other)}: weights in other formats are not read; save them with safe_serialization=True first");

        [DoesNotReturn]
        internal static void Nothing(string where) => throw new MalformedCheckpointException(
            "SFT-6.7", where, $"no safetensors file in this folder: expected model{IndexExtension}, model{Extension} or adapter_model{Extension}");
    }
}
