namespace Ckpt.Trainer.Datasets;

/// <summary>A micro batch as the model takes it, in plain arrays row after row.</summary>
/// <param name="Rows">Rows; one where rows lie end to end.</param>
/// <param name="Columns">Tokens of a row.</param>
/// <param name="Tokens">Ids.</param>
/// <param name="Labels">For each place the id that follows, or −100.</param>
/// <param name="Positions">Position ids, which begin at 0 in each sample.</param>
/// <param name="Weights">A weight for each label, or null where all are 1.</param>
/// <param name="Boundaries">Where samples begin in the one row, and its end (cu_seqlens); null where rows are padded to one length.</param>
public sealed record TrainingBatch(int Rows, int Columns, long[] Tokens, long[] Labels, long[] Positions, float[]? Weights, int[]? Boundaries)
{
    /// <summary>Labels that count.</summary>
    public long LabelCount { get; } = Labels.LongCount(l => l != TrainingRow.Ignored);

    /// <summary>Tokens of samples, without what fills up.</summary>
    public required long TokenCount { get; init; }
}
