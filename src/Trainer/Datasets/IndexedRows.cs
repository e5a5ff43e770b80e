using System.Collections;
using Ckpt.Data;
using Ckpt.Data.Indexed;
using Ckpt.Data.Templates.Named;

namespace Ckpt.Trainer.Datasets;

/// <summary>
/// Rows of Megatron's <c>.bin</c> and <c>.idx</c>, read as they are needed (TRL-3.7): the three outputs that MindSpeed-LLM's preprocessing gives conversations
/// (ids, attention mask, labels), or documents of running text.
/// </summary>
public sealed class IndexedRows : IReadOnlyList<TrainingRow>, IDisposable
{
    const string Ids = "_packed_input_ids_document";
    const string Mask = "_packed_attention_mask_document";
    const string Labels = "_packed_labels_document";
    const string Text = "_text_document";

    readonly IndexedDatasetReader _ids;
    readonly IndexedDatasetReader? _labels;
    readonly IndexedDatasetReader? _mask;
    readonly (int Sequence, int Start, int Length)[] _rows;

    IndexedRows(IndexedDatasetReader ids, IndexedDatasetReader? labels, IndexedDatasetReader? mask, int? most, TruncationStrategy truncation, string where)
    {
        (_ids, _labels, _mask) = (ids, labels, mask);
        if (labels is not null && (labels.SequenceCount != ids.SequenceCount || mask?.SequenceCount != ids.SequenceCount))
        {
            throw new MalformedDataException("TRL-3.7", where, $"there are {ids.SequenceCount} sequences of ids, {labels.SequenceCount} of labels and {mask?.SequenceCount ?? 0} of the mask");
        }
        _rows = [.. Parts(ids, most ?? int.MaxValue, truncation, where)];
    }

    /// <summary>Whether a path is the prefix of such files.</summary>
    public static bool IsPrefix(string path) => Prefix(path) is not null;

    /// <summary>Opens the files of a prefix.</summary>
    /// <param name="path">The prefix, with or without the name of what the file holds.</param>
    /// <param name="most">The most tokens of a row.</param>
    /// <param name="truncation">What becomes of longer ones.</param>
    public static IndexedRows Open(string path, int? most, TruncationStrategy truncation)
    {
        var prefix = Prefix(path) ?? throw new MalformedDataException("TRL-3.7", path, "there is no .idx file of that prefix");
        var opened = new List<IndexedDatasetReader>();
        try
        {
            IndexedDatasetReader Reader(string file)
            {
                opened.Add(IndexedDatasetReader.Open(file));
                return opened[^1];
            }
            if (!prefix.EndsWith(Ids, StringComparison.Ordinal)) { return new IndexedRows(Reader(prefix), null, null, most, truncation, path); }
            var bare = prefix[..^Ids.Length];
            return new IndexedRows(Reader(prefix), Reader(bare + Labels), Reader(bare + Mask), most, truncation, path);
        }
        catch
        {
            opened.ForEach(o => o.Dispose());
            throw;
        }
    }

    public int Count => _rows.Length;

    public TrainingRow this[int index]
    {
        get
        {
            var (sequence, start, length) = _rows[index];
            var ids = Read(_ids, sequence, start, length);
            var labels = _labels is null ? [.. ids] : Read(_labels, sequence, start, length);
            if (length > 0) { labels[0] = TrainingRow.Ignored; }
            return new TrainingRow(ids, labels, null, _mask is null ? [0, length] : Boundaries(Read(_mask, sequence, start, length)));
        }
    }

    public IEnumerator<TrainingRow> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        _ids.Dispose();
        _labels?.Dispose();
        _mask?.Dispose();
    }

    static string? Prefix(string path) => ((string[])["", Ids, Text]).Select(end => path + end).FirstOrDefault(prefix => File.Exists(prefix + ".idx"));

    static IEnumerable<(int Sequence, int Start, int Length)> Parts(IndexedDatasetReader ids, int most, TruncationStrategy truncation, string where)
    {
        if (ids.SequenceCount > int.MaxValue) { throw new UnsupportedDataException("TRL-3.7", where, $"{ids.SequenceCount} sequences; at most {int.MaxValue} are handled"); }
        for (var sequence = 0; sequence < (int)ids.SequenceCount; sequence++)
        {
            var length = ids.Length(sequence);
            if (length == 0) { continue; }
            if (length <= most) { yield return (sequence, 0, length); }
            else if (truncation == TruncationStrategy.Left) { yield return (sequence, length - most, most); }
            else if (truncation == TruncationStrategy.Right) { yield return (sequence, 0, most); }
            else if (truncation == TruncationStrategy.Split)
            {
                for (var start = 0; start < length; start += most) { yield return (sequence, start, Math.Min(most, length - start)); }
            }
        }
    }

    /// <summary>Samples of a neat pack: the mask numbers them from 1.</summary>
    static int[] Boundaries(int[] mask)
    {
        var boundaries = new List<int> { 0 };
        for (var i = 1; i < mask.Length; i++)
        {
            if (mask[i] != mask[i - 1]) { boundaries.Add(i); }
        }
        boundaries.Add(mask.Length);
        return [.. boundaries];
    }

    static int[] Read(IndexedDatasetReader reader, int sequence, int start, int length)
    {
        var numbers = reader.ReadNumbers(sequence);
        if (start + length > numbers.Length) { throw new MalformedDataException("TRL-3.7", $"sequence {sequence}", $"{numbers.Length} elements; {start + length} are wanted, as of ids"); }
        var part = new int[length];
        for (var i = 0; i < length; i++)
        {
            var number = numbers[start + i];
            part[i] = number is >= TrainingRow.Ignored and <= int.MaxValue ? (int)number : throw new MalformedDataException("TRL-3.7", $"sequence {sequence}", $"{number} is no token");
        }
        return part;
    }
}
