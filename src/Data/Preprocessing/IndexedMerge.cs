using Ckpt.Data.Indexed;

namespace Ckpt.Data.Preprocessing;

/// <summary>Merges indexed data sets of a folder by words in their names (<c>--merge-group-keys</c>).</summary>
public static class IndexedMerge
{
    /// <summary>For each key, appends all data sets whose name contains it, in ordinal order, to <c>prefix_key</c> (DAT-6.8).</summary>
    /// <exception cref="DataFormatException">A key has none, or their element types differ.</exception>
    public static IReadOnlyList<string> Run(string folder, IReadOnlyList<string> keys, string outputPrefix, CancellationToken cancel)
    {
        var names = Directory.EnumerateFiles(folder, "*.idx").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal).ToList();
        var merged = new List<string>();
        foreach (var key in keys)
        {
            var parts = names.Where(n => n.Contains(key, StringComparison.Ordinal)).ToList();
            if (parts.Count == 0) { throw new MalformedDataException("DAT-6.8", folder, $"no data set here has '{key}' in its name"); }
            using var first = IndexedDatasetReader.Open(Path.Combine(folder, parts[0]));
            using var writer = new IndexedDatasetWriter($"{outputPrefix}_{key}", first.DType);
            foreach (var part in parts)
            {
                cancel.ThrowIfCancellationRequested();
                using var reader = IndexedDatasetReader.Open(Path.Combine(folder, part));
                writer.Append(reader);
            }
            writer.Finish();
            merged.Add($"{outputPrefix}_{key}");
        }
        return merged;
    }
}
