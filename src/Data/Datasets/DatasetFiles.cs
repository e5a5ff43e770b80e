namespace Ckpt.Data.Datasets;

/// <summary>Finds the files that a spec stands for, and says in a sentence how they were chosen.</summary>
public sealed record DatasetFiles(IReadOnlyList<DatasetFile> Files, string Decision)
{
    const string Known = "jsonl, json, csv, txt and parquet are read";

    /// <summary>The files of a spec, in ordinal order of their paths.</summary>
    /// <param name="spec">What is asked for.</param>
    /// <param name="hubFolder">Finds the local copy of a named data set, or null where there is none; nothing is downloaded.</param>
    /// <exception cref="DataFormatException">There are none, or none that is read.</exception>
    public static DatasetFiles Find(DatasetSpec spec, Func<string, string?>? hubFolder = null)
    {
        // A path that has a colon itself is taken whole.
        var whole = spec.Subsets.Count == 0 ? spec.Path : $"{spec.Path}:{string.Join('/', spec.Subsets)}";
        if (spec.Subsets.Count > 0 && (File.Exists(whole) || Directory.Exists(whole))) { return Find(spec with { Path = whole, Subsets = [] }, hubFolder); }
        if (File.Exists(spec.Path))
        {
            if (spec.Subsets.Count > 0) { throw new MalformedDataException("DAT-1.2", whole, "a file has no subsets"); }
            var format = DatasetFile.FormatOf(spec.Path) ?? throw new UnsupportedDataException("DAT-1.3", spec.Path, $"extension '{Path.GetExtension(spec.Path)}'; {Known}");
            return new DatasetFiles([new DatasetFile(spec.Path, format)], $"{spec.Path}: {format}");
        }
        var folder = Directory.Exists(spec.Path) ? spec.Path : hubFolder?.Invoke(spec.Path);
        if (folder is null)
        {
            throw new MalformedDataException("DAT-1.2", spec.Path, "no such file or folder, and no local copy of a data set of that name; nothing is downloaded: give the path of its files");
        }
        return OfFolder(folder, spec.Subsets);
    }

    static DatasetFiles OfFolder(string folder, IReadOnlyList<string> subsets)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        var all = Directory.EnumerateFiles(folder, "*", options)
            .Where(f => !Path.GetRelativePath(folder, f).Split(Path.DirectorySeparatorChar).Any(part => part.StartsWith('.')))
            .Order(StringComparer.Ordinal).ToList();
        if (subsets.Count > 0)
        {
            foreach (var subset in subsets)
            {
                if (!all.Any(f => IsOf(folder, f, subset))) { throw new MalformedDataException("DAT-1.2", folder, $"no subset '{subset}': neither a folder nor files that begin with it"); }
            }
            all = [.. all.Where(f => subsets.Any(s => IsOf(folder, f, s)))];
        }
        // The most frequent extension is the data's; README.txt beside it is not.
        var kinds = all.Select(f => (File: f, Format: DatasetFile.FormatOf(f))).Where(f => f.Format is not null)
            .GroupBy(f => f.Format!.Value).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).ToList();
        if (kinds.Count == 0) { throw new UnsupportedDataException("DAT-1.3", folder, $"none of its {all.Count} files has an extension that is read; {Known}"); }

        var chosen = kinds[0].Select(f => f.File).ToList();
        var split = "";
        if (subsets.Count == 0 && chosen.Any(IsTrain) && !chosen.All(IsTrain))
        {
            split = $", of which {chosen.Count(IsTrain)} are of the train split";
            chosen = [.. chosen.Where(IsTrain)];
        }
        var others = all.Count - kinds[0].Count();
        var decision = $"{folder}: {kinds[0].Count()} files of {kinds[0].Key}{split}{(others > 0 ? $"; {others} other files are left alone" : "")}";
        return new DatasetFiles([.. chosen.Select(f => new DatasetFile(f, kinds[0].Key))], decision);
    }

    static bool IsTrain(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return name == "train" || name.StartsWith("train-", StringComparison.Ordinal) || name.StartsWith("train_", StringComparison.Ordinal);
    }

    static bool IsOf(string folder, string file, string subset)
    {
        var parts = Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar);
        var name = Path.GetFileNameWithoutExtension(file);
        return parts.SkipLast(1).Contains(subset, StringComparer.Ordinal)
            || name == subset || name.StartsWith(subset + "-", StringComparison.Ordinal) || name.StartsWith(subset + "_", StringComparison.Ordinal);
    }
}
