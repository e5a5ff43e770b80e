using Ckpt.Data.Datasets;
using Ckpt.Data.Packing;

namespace Ckpt.Data.Preprocessing;

/// <summary>Makes the arrays of a row: parse, normalise, tokenise, shorten. Pure, so that any number of threads can do it.</summary>
sealed class RowPreparer(PreprocessOptions options, ITextEncoder text, IChatEncoder? chat)
{
    // Without a length MindSpeed cuts here.
    const int LongestWithoutLength = 100_000;

    readonly RowNormaliser _normaliser = new(new DatasetShape(options.Handler.Style, options.Handler.Map, ""));

    /// <summary>A row's arrays, in the order of the outputs.</summary>
    internal PreparedRow Prepare(DatasetRow row)
    {
        try
        {
            return options.Handler.Kind switch
            {
                PreprocessKind.Text => OfText(row),
                PreprocessKind.Instruction => OfConversation(row),
                _ => OfPreference(row),
            };
        }
        catch (DataFormatException fault) { return new PreparedRow(RowOutcome.Broken, [], fault); }
    }

    PreparedRow OfText(DatasetRow row)
    {
        var fields = row.Read();
        var arrays = new int[options.TextKeys.Count][];
        for (var k = 0; k < arrays.Length; k++)
        {
            var content = RowFields.Text(fields, options.TextKeys[k], row.Where);
            if (content.Length == 0) { return new PreparedRow(RowOutcome.Empty, []); }
            var ids = text.Encode(content);
            if (ids.Length == 0) { return new PreparedRow(RowOutcome.Empty, []); }
            if (options.AppendEndOfDocument) { ids = [.. ids, text.EndOfDocument!.Value]; }
            var missing = (options.PadToMultipleOf - (ids.Length % options.PadToMultipleOf)) % options.PadToMultipleOf;
            // MindSpeed fills with the first id behind the vocabulary.
            arrays[k] = missing == 0 ? ids : [.. ids, .. Enumerable.Repeat(text.VocabularySize, missing)];
        }
        return Kept(arrays);
    }

    PreparedRow OfConversation(DatasetRow row)
    {
        if (_normaliser.Normalise(row.Read(), row.Where) is not { } example) { return new PreparedRow(RowOutcome.Empty, []); }
        Alternation.Check(example.Messages, example.Where);
        var sample = Ended(Shortened(chat!.EncodeAll(example, Length)));
        return Kept([sample.Ids, [.. Enumerable.Repeat(1, sample.Length)], sample.Labels]);
    }

    PreparedRow OfPreference(DatasetRow row)
    {
        if (_normaliser.Normalise(row.Read(), row.Where) is not { } example) { return new PreparedRow(RowOutcome.Empty, []); }
        if (example.Rejected is not { Count: > 0 } other || other[^1].Content.Length == 0) { return new PreparedRow(RowOutcome.Empty, []); }
        Alternation.Check(example.Messages, example.Where);
        Alternation.Check(other, example.Where);
        var chosen = Ended(chat!.EncodeLast(example, example.Messages, Length));
        var rejected = Ended(chat.EncodeLast(example, other, Length));
        return Kept([chosen.Ids, chosen.Labels, rejected.Ids, rejected.Labels]);
    }

    PreparedRow Kept(int[][] arrays) => options.SequenceLength is { } most && arrays.Any(a => a.Length >= most)
        ? new PreparedRow(RowOutcome.TooLong, [])
        : new PreparedRow(RowOutcome.Kept, arrays);

    int Length => options.SequenceLength ?? LongestWithoutLength;

    // The template has shortened the sample by its own rule; neat packs shorten what is still too long.
    EncodedSample Shortened(EncodedSample sample) => options.Pack == PackMode.Neat ? TurnCut.Cut(sample, Length - 1, PairBudget.Fair) : sample;

    EncodedSample Ended(EncodedSample sample) => !options.AppendEndOfDocument ? sample
        : new EncodedSample([.. sample.Ids, text.EndOfDocument!.Value], [.. sample.Labels, text.EndOfDocument.Value]);
}
