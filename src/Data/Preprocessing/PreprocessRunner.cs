using Ckpt.Data.Datasets;

namespace Ckpt.Data.Preprocessing;

/// <summary>
/// Reads rows, makes tokens of them on several threads, and writes Megatron's indexed data sets. The bytes do not depend on the number of
/// threads, and memory not on the size of the data.
/// </summary>
public sealed class PreprocessRunner(PreprocessOptions options, ITextEncoder text, IChatEncoder? chat)
{
    const int RowsInBatch = 512;
    const int BytesInBatch = 256 << 10;

    /// <summary>Broken rows that are told one by one.</summary>
    const int Told = 20;

    /// <summary>Does it.</summary>
    /// <param name="hubFolder">Finds the local copy of a named data set.</param>
    /// <param name="progress">Told the bytes of the input, and how it goes.</param>
    /// <param name="cancel">Ends the run and leaves nothing behind.</param>
    public PreprocessReport Run(Func<string, string?>? hubFolder, IPreprocessProgress progress, CancellationToken cancel)
    {
        CheckTokens();
        var input = new PreprocessInput(options, hubFolder, progress.Note);
        using var output = new SequenceSink(Prefixes(), options.DType);
        using var packs = options.Pack == PackMode.None ? null : new PackedSink(options.OutputPrefix);
        var preparer = new RowPreparer(options, text, chat);

        progress.Begin(input.Bytes);
        var (rows, samples, counts) = (0L, 0L, new long[Enum.GetValues<RowOutcome>().Length]);
        var batches = Batches(input.Rows(progress.Advance));
        foreach (var row in OrderedParallel.Select(batches, batch => batch.ConvertAll(preparer.Prepare), options.Workers, cancel).SelectMany(r => r))
        {
            rows++;
            counts[(int)row.Outcome]++;
            if (row.Fault is { } fault) { Tell(fault, counts[(int)RowOutcome.Broken], progress); }
            if (row.Outcome == RowOutcome.Kept)
            {
                samples++;
                if (packs is null) { output.Write(row.Arrays); }
                else { packs.Add(row.Arrays[0], row.Arrays[2]); }
            }
            // DAT-6.5: there a sample that is left out still ends a document.
            else if (row.Outcome == RowOutcome.TooLong && packs is null && options.LikeMindSpeed) { output.EndDocument(); }
        }
        packs?.WriteTo(output, options.SequenceLength!.Value, text.Padding!.Value, options.Pack == PackMode.Neat, cancel);
        cancel.ThrowIfCancellationRequested();
        output.Finish();
        return new PreprocessReport(rows, samples, output.Sequences, output.Tokens, counts[(int)RowOutcome.TooLong], counts[(int)RowOutcome.Empty], counts[(int)RowOutcome.Broken], output.Prefixes);
    }

    /// <summary>The outputs' names, as MindSpeed gives them: <c>_packed</c> stands there whether packed or not (DAT-6.6).</summary>
    List<string> Prefixes() => options.Handler.Kind == PreprocessKind.Text
        ? [.. options.TextKeys.Select(key => $"{options.OutputPrefix}_{key}_document")]
        : [.. options.Handler.Keys.Select(key => $"{options.OutputPrefix}_packed_{key}_document")];

    void CheckTokens()
    {
        if (options.AppendEndOfDocument && text.EndOfDocument is null) { throw new UnsupportedDataException("DAT-6.7", "--append-eod", "the tokenizer has no token that ends a text"); }
        if (options.Pack == PackMode.None) { return; }
        if (options.Handler.Kind != PreprocessKind.Instruction) { throw new UnsupportedDataException("DAT-6.3", "--pack", $"{options.Handler.Name} does not pack; the instruction handlers do"); }
        if (options.SequenceLength is null or < 2) { throw new MalformedDataException("DAT-6.3", "--pack", "packing needs --seq-length"); }
        if (text.Padding is null) { throw new UnsupportedDataException("DAT-6.7", "--pack", "the tokenizer has no token to fill up with"); }
    }

    void Tell(DataFormatException fault, long count, IPreprocessProgress progress)
    {
        if (options.Strict) { throw fault; }
        if (count <= Told) { progress.Note($"left out: {fault.Message}"); }
        if (count == Told) { progress.Note("further broken rows are counted, not told"); }
    }

    static IEnumerable<List<DatasetRow>> Batches(IEnumerable<DatasetRow> rows)
    {
        var (batch, bytes) = (new List<DatasetRow>(), 0L);
        foreach (var row in rows)
        {
            batch.Add(row);
            bytes += row.Length;
            if (batch.Count < RowsInBatch && bytes < BytesInBatch) { continue; }
            yield return batch;
            (batch, bytes) = ([], 0);
        }
        if (batch.Count > 0) { yield return batch; }
    }
}
