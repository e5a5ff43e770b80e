using Ckpt.Data;
using Ckpt.Data.Datasets;

namespace Ckpt.Trainer.Datasets;

/// <summary>Reads data sets into examples: all at once, or as a stream (TRL-3.3).</summary>
/// <param name="options">What to read.</param>
/// <param name="hubFolder">Finds the local copy of a named data set, or null.</param>
/// <param name="note">Told what was found and what was left out.</param>
public sealed class DatasetLoader(DatasetOptions options, Func<string, string?> hubFolder, Action<string> note)
{
    readonly IdentityFill _identity = new(options.ModelNames, options.ModelAuthors);

    /// <summary>Every example to train on and every one to evaluate on.</summary>
    public LoadedExamples Load()
    {
        var (training, held) = (new List<IReadOnlyList<DatasetExample>>(), new List<DatasetExample>());
        foreach (var text in options.Training)
        {
            var rows = Chosen(DatasetSpec.Parse(text));
            if (options.Validation.Count == 0 && options.SplitRatio > 0)
            {
                var (kept, drawn) = DatasetSampling.Split(rows.Count, options.SplitRatio, options.Seed);
                held.AddRange(drawn.Select(i => rows[i]));
                rows = [.. kept.Select(i => rows[i])];
            }
            training.Add(rows);
        }
        foreach (var text in options.Validation) { held.AddRange(Chosen(DatasetSpec.Parse(text))); }
        var mixed = DatasetMixing.Mix(training, options.Mix, options.MixWeights, options.Seed).ToList();
        return new LoadedExamples(options.Shuffle ? [.. DatasetSampling.Shuffled(mixed.Count, options.Seed).Select(i => mixed[i])] : mixed, held);
    }

    /// <summary>The examples to train on, as they come, shuffled within a buffer.</summary>
    /// <param name="epoch">How often the stream has been read before.</param>
    public IEnumerable<DatasetExample> Stream(int epoch)
    {
        var sources = options.Training.Select(text => Streamed(DatasetSpec.Parse(text))).ToList();
        var mixed = DatasetMixing.Mix(sources, options.Mix, options.MixWeights, options.Seed);
        return options.Shuffle ? DatasetSampling.Buffered(mixed, options.ShuffleBuffer, options.Seed + (ulong)epoch) : mixed;
    }

    /// <summary>The examples to evaluate on, of data sets of their own.</summary>
    public IReadOnlyList<DatasetExample> Validation() => [.. options.Validation.SelectMany(text => Chosen(DatasetSpec.Parse(text)))];

    IReadOnlyList<DatasetExample> Chosen(DatasetSpec spec)
    {
        var rows = Rows(spec).ToList();
        return [.. DatasetSampling.Choose(rows.Count, spec.Count, options.Seed).Select(i => rows[i])];
    }

    IEnumerable<DatasetExample> Streamed(DatasetSpec spec)
    {
        for (var left = spec.Count ?? long.MaxValue; left > 0;)
        {
            var before = left;
            foreach (var row in Rows(spec))
            {
                yield return row;
                if (--left == 0) { yield break; }
            }
            if (spec.Count is null || left == before) { yield break; }
        }
    }

    IEnumerable<DatasetExample> Rows(DatasetSpec spec)
    {
        var files = DatasetFiles.Find(spec, hubFolder);
        note(files.Decision);
        RowNormaliser? normaliser = null;
        var (empty, broken, first) = (0L, 0L, (DataFormatException?)null);
        foreach (var row in DatasetReader.Rows(files.Files))
        {
            DatasetExample? example;
            try
            {
                var fields = row.Read();
                if (normaliser is null)
                {
                    var shape = DatasetRecogniser.Recognise(fields, options.Columns, row.Where);
                    note($"{spec.Path}: {shape.Decision}");
                    normaliser = new RowNormaliser(shape);
                }
                example = normaliser.Normalise(fields, row.Where);
            }
            // Without a shape no row can be read, so that is no matter of one row.
            catch (DataFormatException fault) when (!options.Strict && normaliser is not null)
            {
                (broken, first) = (broken + 1, first ?? fault);
                continue;
            }
            if (example is null) { empty++; }
            else { yield return _identity.Fill(example); }
        }
        if (empty > 0) { note($"{spec.Path}: {empty} rows without question, answer or text are left out"); }
        if (first is not null) { note($"{spec.Path}: {broken} broken rows are left out; the first: {first.Message}"); }
    }
}
