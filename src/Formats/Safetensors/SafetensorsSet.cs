using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>Holds the headers of a set of files to each other and to the index that binds them.</summary>
static class SafetensorsSet
{
    /// <summary>Checks them, and gives what is tolerated as warnings.</summary>
    internal static List<string> Check(
        SafetensorsFolder choice, SafetensorsIndex? index, IReadOnlyList<FileEntry> files, IReadOnlyList<SafetensorsHeader> headers, string where)
    {
        var warnings = new List<string>(choice.Warnings);
        var left = choice.Others.Except(files.Select(f => f.Path)).ToList();
        if (left.Find(f => f + ".index.json" == choice.Index) is { } single) { warnings.Add($"{choice.Index} and {single} are both there: the index is followed"); }
        if (left.Count > 0) { warnings.Add($"not read: {Quoted.Names(left)}"); }
        for (var file = 0; file < headers.Count; file++) { warnings.AddRange(headers[file].Warnings.Select(w => $"{files[file].Path}: {w}")); }
        if (files.Count == 1 && index is null) { return warnings; } // one header has no name twice

        var fileOf = FileOf(files, headers, where);
        if (index is not null)
        {
            CheckIndex(index, fileOf, where);
            warnings.AddRange(Warnings(index, Enumerable.Range(0, files.Count).Sum(file => files[file].Length - headers[file].DataOffset)));
        }
        return warnings;
    }

    static Dictionary<string, int> FileOf(IReadOnlyList<FileEntry> files, IReadOnlyList<SafetensorsHeader> headers, string where)
    {
        var fileOf = new Dictionary<string, int>(headers.Sum(h => h.Tensors.Count));
        for (var file = 0; file < files.Count; file++)
        {
            foreach (var tensor in headers[file].Tensors)
            {
                if (!fileOf.TryAdd(tensor.Name, file)) { Throw.InTwoFiles(where, tensor.Name, files[fileOf[tensor.Name]].Path, files[file].Path); }
            }
        }
        return fileOf;
    }

    static void CheckIndex(SafetensorsIndex index, Dictionary<string, int> fileOf, string where)
    {
        var lacking = index.FileOf.Where(e => !fileOf.TryGetValue(e.Key, out var file) || file != e.Value).OrderBy(e => e.Key, StringComparer.Ordinal).ToList();
        if (lacking.Count > 0)
        {
            var (name, file) = lacking[0];
            Throw.NotInFile(where, name, index.Files[file], fileOf.TryGetValue(name, out var real) ? index.Files[real] : null, lacking.Count);
        }
        if (fileOf.Count > index.FileOf.Count)
        {
            var (name, file) = fileOf.Where(e => !index.FileOf.ContainsKey(e.Key)).OrderBy(e => e.Key, StringComparer.Ordinal).First();
            Throw.NotInIndex(where, name, index.Files[file], fileOf.Count - index.FileOf.Count);
        }
    }

    static IEnumerable<string> Warnings(SafetensorsIndex index, long dataBytes)
    {
        if (index.HasByteOrderMark) { yield return "the index starts with a byte order mark"; }
        if (index.TotalSize is null) { yield return "the index has no metadata.total_size"; }
        else if (index.TotalSize != dataBytes.ToString(CultureInfo.InvariantCulture))
        {
            yield return $"the index says total_size {index.TotalSize}, the tensors have {dataBytes} bytes";
        }
        foreach (var of in index.Files.Select(SafetensorsFolder.AnnouncedCount).OfType<long>().Distinct().Order())
        {
            if (of != index.Files.Count) { yield return $"file names say that there are {of} files, the index names {index.Files.Count}"; }
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotInFile(string where, string name, string file, string? real, int count) => throw new MalformedCheckpointException(
            "SFT-5.7", where, $"tensor {Quoted.Name(name)} is said to lie in {Quoted.Name(file)}, which lacks it{(real is null ? "" : $"; it lies in {Quoted.Name(real)}")}{More(count)}");

        [DoesNotReturn]
        internal static void NotInIndex(string where, string name, string file, int count) => throw new MalformedCheckpointException(
            "SFT-5.8", where, $"tensor {Quoted.Name(name)} of {Quoted.Name(file)} is not in the index{More(count)}");

        [DoesNotReturn]
        internal static void InTwoFiles(string where, string name, string first, string second) => throw new MalformedCheckpointException(
            "SFT-5.9", where, $"tensor {Quoted.Name(name)} lies in {Quoted.Name(first)} and in {Quoted.Name(second)}");

        static string More(int count) => count > 1 ? $"; so it is with {count - 1} more" : "";
    }
}
