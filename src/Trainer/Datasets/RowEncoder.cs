using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Data.Templates.Named;

namespace Ckpt.Trainer.Datasets;

/// <summary>Turns examples into rows to train on.</summary>
/// <param name="write">Writes a conversation with a template; no rows where it is too long.</param>
/// <param name="strict">Whether a row that the template cannot write ends the run; else it is counted and left out.</param>
/// <param name="threads">Threads that encode.</param>
public sealed class RowEncoder(Func<DatasetExample, IReadOnlyList<TrainingRow>> write, bool strict, int threads)
{
    /// <summary>Writes with one of ms-swift's templates.</summary>
    public RowEncoder(SampleEncoder encoder, bool strict, int threads)
        : this(example => [.. encoder.Encode(ExampleSample.Of(example), example.Where).Where(s => s.InputIds.Length > 0).Select(TrainingRow.Of)], strict, threads)
    {
    }

    /// <summary>All rows, in order, and what was left out.</summary>
    public EncodedRows Encode(IReadOnlyList<DatasetExample> examples, CancellationToken cancel)
    {
        var parts = new (IReadOnlyList<TrainingRow> Rows, DataFormatException? Fault)[examples.Count];
        System.Threading.Tasks.Parallel.For(0, examples.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel }, i => parts[i] = Encode(examples[i]));
        var faults = parts.Where(p => p.Fault is not null).Select(p => p.Fault!).ToList();
        if (strict && faults.Count > 0) { throw faults[0]; }
        return new EncodedRows([.. parts.SelectMany(p => p.Rows)], parts.Count(p => p.Fault is null && p.Rows.Count == 0), faults.Count, faults.Count > 0 ? faults[0].Message : null);
    }

    /// <summary>The rows of a stream; what cannot be encoded is left out, unless strictness was asked for.</summary>
    public IEnumerable<TrainingRow> Encode(IEnumerable<DatasetExample> examples)
    {
        foreach (var example in examples)
        {
            var (rows, fault) = Encode(example);
            if (strict && fault is not null) { throw fault; }
            foreach (var row in rows) { yield return row; }
        }
    }

    (IReadOnlyList<TrainingRow> Rows, DataFormatException? Fault) Encode(DatasetExample example)
    {
        try { return (write(example), null); }
        catch (DataFormatException fault) { return ([], fault); }
    }
}
