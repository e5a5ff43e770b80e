using System.Diagnostics.CodeAnalysis;
using Ckpt.Data;

namespace Ckpt.Trainer.Datasets;

/// <summary>
/// Rows as they come. Every rank reads the stream and takes its share of each round; at the end it begins anew. A run that goes on reads
/// past what was consumed (TRL-2.5).
/// </summary>
/// <param name="open">The stream of an epoch, from its first row.</param>
/// <param name="geometry">How batches are cut.</param>
/// <param name="rank">Which of the ranks with data of their own.</param>
public sealed class StreamedRows(Func<int, IEnumerable<TrainingRow>> open, BatchGeometry geometry, int rank) : IRowSource, IDisposable
{
    IEnumerator<TrainingRow>? _rows;
    long _at;
    int _epoch = -1;

    public IReadOnlyList<TrainingRow> MicroBatch(long consumed)
    {
        if (consumed < _at)
        {
            _rows?.Dispose();
            (_rows, _at, _epoch) = (null, 0, -1);
        }
        while (_at < consumed) { Next(); }
        var mine = new List<TrainingRow>(geometry.MicroBatch);
        for (var i = 0; i < geometry.Together; i++)
        {
            var row = Next();
            if (i % geometry.DataParallel == rank) { mine.Add(row); }
        }
        return mine;
    }

    public void Dispose() => _rows?.Dispose();

    TrainingRow Next()
    {
        var begun = false;
        while (_rows is null || !_rows.MoveNext())
        {
            if (begun) { Throw.Empty(); }
            _rows?.Dispose();
            _rows = open(++_epoch).GetEnumerator();
            begun = true;
        }
        _at++;
        return _rows.Current;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Empty() => throw new MalformedDataException("TRL-2.6", "--dataset", "the stream gives no row to train on");
    }
}
