namespace Ckpt.Trainer.Datasets;

/// <summary>Rows that are all there, in the order of a sampler.</summary>
public sealed class SampledRows(IReadOnlyList<TrainingRow> rows, TrainingSampler sampler) : IRowSource
{
    public IReadOnlyList<TrainingRow> MicroBatch(long consumed) => [.. sampler.MicroBatch(consumed).Select(i => rows[i])];
}
