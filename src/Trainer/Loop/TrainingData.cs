using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Data.Preprocessing;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Trainer.Loop;

/// <summary>The rows of a run, read and written with the template.</summary>
public sealed class TrainingData : IDisposable
{
    readonly List<IDisposable> _open = [];
    IReadOnlyList<TrainingRow>? _rows;
    Func<int, IEnumerable<TrainingRow>>? _stream;

    TrainingData() { }

    /// <summary>How many rows there are to train on; null of a stream.</summary>
    public int? Count => _rows?.Count;

    /// <summary>Rows to evaluate on.</summary>
    public IReadOnlyList<TrainingRow> Validation { get; private set; } = [];

    /// <summary>The examples that were split off for it; none where they are of a data set of their own.</summary>
    public IReadOnlyList<DatasetExample> SplitOff { get; private set; } = [];

    /// <summary>Reads what the arguments name.</summary>
    /// <param name="arguments">What was asked for.</param>
    /// <param name="text">How rows are written.</param>
    /// <param name="hubFolder">The local copy of a named data set, or null.</param>
    /// <param name="note">Told what was found and left out.</param>
    /// <param name="now">The time that templates tell.</param>
    /// <param name="cancel">Stops it.</param>
    public static TrainingData Read(TrainingArguments arguments, TrainingText text, Func<string, string?> hubFolder, Action<string> note, DateTime now, CancellationToken cancel)
    {
        var data = new TrainingData();
        try
        {
            if (arguments.Data.Training.Any(IndexedRows.IsPrefix)) { data.ReadIndexed(arguments, text); }
            else { data.ReadText(arguments, text, hubFolder, note, now, cancel); }
            if (arguments.Batches.Packing) { data.Pack(arguments.Batches, text.MaxLength(arguments.Encoding), note); }
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>A rank's micro batches.</summary>
    public IRowSource Source(BatchGeometry geometry, int rank, SamplerOptions sampler) => _rows is not null
        ? new SampledRows(_rows, new TrainingSampler(_rows.Count, geometry, rank, sampler))
        : new StreamedRows(_stream!, geometry, rank);

    public void Dispose() => _open.ForEach(o => o.Dispose());

    void ReadText(TrainingArguments arguments, TrainingText text, Func<string, string?> hubFolder, Action<string> note, DateTime now, CancellationToken cancel)
    {
        var encoding = arguments.Encoding;
        IReadOnlyList<TrainingRow> Encoded(IReadOnlyList<DatasetExample> examples, string name)
        {
            var rows = Encoder(arguments, text, now).Encode(examples, cancel);
            foreach (var line in rows.Summary(name)) { note(line); }
            return rows.Rows;
        }
        if (encoding.IsStreamed)
        {
            var quiet = 0;
            var streamed = new DatasetLoader(arguments.Data, hubFolder, line => { if (quiet++ < 2 * arguments.Data.Training.Count) { note(line); } });
            _stream = epoch => Encoder(arguments, text, now).Encode(streamed.Stream(epoch));
            var held = streamed.Validation();
            if (held.Count > 0) { Validation = Encoded(held, "validation"); }
            return;
        }
        var loaded = new DatasetLoader(arguments.Data, hubFolder, note).Load();
        _rows = Encoded(loaded.Training, "training");
        if (loaded.Validation.Count > 0) { Validation = Encoded(loaded.Validation, "validation"); }
        if (arguments.Data.Validation.Count == 0) { SplitOff = loaded.Validation; }
    }

    static RowEncoder Encoder(TrainingArguments arguments, TrainingText text, DateTime now)
    {
        var encoding = arguments.Encoding;
        if (encoding.PromptType is not { } name) { return new RowEncoder(text.Encoder(encoding, now), arguments.Data.Strict, encoding.Threads); }
        // MindSpeed-LLM's templates shorten a conversation turn by turn, by a rule of their own.
        var (chat, most) = (new EncoderFactory().OpenChat(text.Folder, name, encoding.EnableThinking), text.MaxLength(encoding));
        return new RowEncoder(example => TrainingRow.Of(chat.EncodeAll(example, most)), arguments.Data.Strict, encoding.Threads);
    }

    void ReadIndexed(TrainingArguments arguments, TrainingText text)
    {
        var most = arguments.Encoding.UseChatTemplate && arguments.Encoding.MaxLength is null ? null : (int?)text.MaxLength(arguments.Encoding);
        IReadOnlyList<TrainingRow> Opened(IReadOnlyList<string> paths)
        {
            var lists = new List<IReadOnlyList<TrainingRow>>();
            foreach (var path in paths)
            {
                if (!IndexedRows.IsPrefix(path)) { throw new MalformedDataException("TRL-3.7", path, "is no prefix of .bin and .idx files, as the other data sets are"); }
                var rows = IndexedRows.Open(path, most, arguments.Encoding.Truncation);
                _open.Add(rows);
                lists.Add(rows);
            }
            return new RowList(lists);
        }
        _rows = Opened(arguments.Data.Training);
        if (arguments.Data.Validation.Count > 0) { Validation = Opened(arguments.Data.Validation); }
    }

    void Pack(BatchArguments batches, int most, Action<string> note)
    {
        var capacity = batches.PackingLength ?? most;
        if (_stream is { } stream) { _stream = epoch => RowPacking.Stream(stream(epoch), capacity, batches.PackingStrategy); }
        if (_rows is not null)
        {
            var before = _rows.Count;
            _rows = Packed(_rows, capacity, batches.PackingStrategy);
            note($"training: {before} rows in {_rows.Count} packs of {capacity} tokens");
        }
        if (Validation.Count > 0) { Validation = Packed(Validation, capacity, batches.PackingStrategy); }
    }

    static PackedRows Packed(IReadOnlyList<TrainingRow> rows, int capacity, PackingStrategy strategy) => new(rows, RowPacking.Plan([.. rows.Select(r => r.Length)], capacity, strategy));
}
