using System.Text.Json.Nodes;
using Ckpt.Data.Datasets;

namespace Ckpt.Data.Preprocessing;

/// <summary>The files of a run and the rows they give, found and checked before anything is written.</summary>
sealed class PreprocessInput
{
    readonly PreprocessOptions _options;
    readonly List<(DatasetSpec Spec, DatasetFiles Files)> _sources = [];

    internal PreprocessInput(PreprocessOptions options, Func<string, string?>? hubFolder, Action<string> note)
    {
        _options = options;
        foreach (var spec in options.Inputs)
        {
            var files = DatasetFiles.Find(spec, hubFolder);
            note(files.Decision);
            _sources.Add((spec, files));
        }
        CheckColumns();
    }

    /// <summary>Bytes of all files.</summary>
    internal long Bytes => _sources.SelectMany(s => s.Files.Files).Sum(f => new FileInfo(f.Path).Length);

    /// <summary>The rows, mixed as asked.</summary>
    internal IEnumerable<DatasetRow> Rows(Action<long> advance)
    {
        var sources = _sources.Select(s => Counted(s.Files.Files, s.Spec.Count, advance)).ToList();
        var rows = DatasetMixing.Mix(sources, _options.Mix, _options.MixWeights, _options.Seed);
        return _options.MaxSamples is { } most ? rows.Take((int)Math.Min(most, int.MaxValue)) : rows;
    }

    // A stream is not counted before: #count takes the first rows, and begins anew where there are fewer.
    static IEnumerable<DatasetRow> Counted(IReadOnlyList<DatasetFile> files, long? count, Action<long> advance)
    {
        for (var left = count ?? long.MaxValue; left > 0;)
        {
            var before = left;
            foreach (var row in DatasetReader.Rows(files, advance))
            {
                yield return row;
                if (--left == 0) { yield break; }
            }
            if (count is null || left == before) { yield break; }
        }
    }

    // A column that is asked for and is in no row would give nothing but empty rows: said at the first row of each source.
    void CheckColumns()
    {
        var handler = _options.Handler;
        var wanted = handler.Kind == PreprocessKind.Text ? _options.TextKeys : [.. handler.Map.Parts.Select(p => p.Column)];
        foreach (var (spec, files) in _sources)
        {
            if (FirstRow(files) is not { } row) { continue; }
            // Optional columns of the style are left alone where they are missing: rows of JSON lines may leave them out.
            var missing = wanted.Where(c => !row.ContainsKey(c) && c is not ("input" or "tools" or "system" or "history")).ToList();
            if (missing.Count > 0)
            {
                throw new MalformedDataException("DAT-3.6", spec.Path, $"there is no column {string.Join(", ", missing.Select(c => $"'{c}'"))}; there are {string.Join(", ", row.Take(20).Select(c => $"'{c.Key}'"))}: map them with --map-keys or --json-keys");
            }
        }
    }

    static JsonObject? FirstRow(DatasetFiles files)
    {
        foreach (var row in DatasetReader.Rows(files.Files))
        {
            try { return row.Read(); }
            catch (DataFormatException) { return null; } // reported when its turn comes
        }
        return null;
    }
}
