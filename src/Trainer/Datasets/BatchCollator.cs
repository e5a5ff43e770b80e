namespace Ckpt.Trainer.Datasets;

/// <summary>Puts rows together into what the model takes (TRL-3.1). Labels are moved one place to the left here and nowhere else.</summary>
/// <param name="PaddingFree">Whether rows lie end to end in one row, each seeing only itself; else the shorter ones are filled up on the right.</param>
/// <param name="PadId">The id that fills up.</param>
/// <param name="MultipleOf">What the number of columns is a multiple of: the tensor parallel size where sequences are cut by it.</param>
public sealed record BatchCollator(bool PaddingFree, int PadId, int MultipleOf = 1)
{
    /// <summary>The batch of these rows, in their order.</summary>
    public TrainingBatch Collate(IReadOnlyList<TrainingRow> rows)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count);
        return PaddingFree ? EndToEnd(rows) : SideBySide(rows);
    }

    TrainingBatch EndToEnd(IReadOnlyList<TrainingRow> rows)
    {
        var columns = RoundUp(rows.Sum(r => r.Length));
        var batch = new Arrays(1, columns, PadId, rows.Any(r => r.Weights is not null));
        var boundaries = new List<int> { 0 };
        foreach (var row in rows)
        {
            var start = boundaries[^1];
            batch.Write(row, start);
            foreach (var end in row.Boundaries.AsSpan(1)) { boundaries.Add(start + end); }
        }
        var used = boundaries[^1];
        if (used < columns)
        {
            // What fills up is a sample of its own, so that no other sees it.
            for (var i = used; i < columns; i++) { batch.Positions[i] = i - used; }
            boundaries.Add(columns);
        }
        return batch.Batch([.. boundaries], used);
    }

    TrainingBatch SideBySide(IReadOnlyList<TrainingRow> rows)
    {
        var columns = RoundUp(rows.Max(r => r.Length));
        var batch = new Arrays(rows.Count, columns, PadId, rows.Any(r => r.Weights is not null));
        for (var r = 0; r < rows.Count; r++)
        {
            if (rows[r].Boundaries.Length > 2) { throw new ArgumentException("packed rows need a batch without padding", nameof(rows)); }
            batch.Write(rows[r], r * columns);
            for (var i = rows[r].Length; i < columns; i++) { batch.Positions[(r * columns) + i] = i; }
        }
        return batch.Batch(null, rows.Sum(r => (long)r.Length));
    }

    int RoundUp(int length) => (length + MultipleOf - 1) / MultipleOf * MultipleOf;

    sealed class Arrays
    {
        readonly int _rows;
        readonly int _columns;
        readonly long[] _tokens;
        readonly long[] _labels;
        readonly float[]? _weights;

        internal Arrays(int rows, int columns, int padId, bool weighted)
        {
            (_rows, _columns) = (rows, columns);
            (_tokens, _labels, Positions) = (new long[rows * columns], new long[rows * columns], new long[rows * columns]);
            _weights = weighted ? new float[rows * columns] : null;
            Array.Fill(_tokens, padId);
            Array.Fill(_labels, TrainingRow.Ignored);
        }

        internal long[] Positions { get; }

        internal void Write(TrainingRow row, int at)
        {
            for (var sample = 0; sample + 1 < row.Boundaries.Length; sample++)
            {
                var (start, end) = (row.Boundaries[sample], row.Boundaries[sample + 1]);
                for (var i = start; i < end; i++)
                {
                    _tokens[at + i] = row.Ids[i];
                    Positions[at + i] = i - start;
                    // The last token of a sample has nothing of its own to foretell.
                    if (i + 1 == end) { continue; }
                    _labels[at + i] = row.Labels[i + 1];
                    if (_weights is not null) { _weights[at + i] = row.Weights?[i + 1] ?? 1; }
                }
            }
        }

        internal TrainingBatch Batch(int[]? boundaries, long used) => new(_rows, _columns, _tokens, _labels, Positions, _weights, boundaries) { TokenCount = used };
    }
}
