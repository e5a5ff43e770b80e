namespace Ckpt.Trainer.Datasets;

/// <summary>Gives a rank its micro batches, by how many rows all ranks have consumed before.</summary>
public interface IRowSource
{
    /// <summary>The rows of this rank's next micro batch.</summary>
    IReadOnlyList<TrainingRow> MicroBatch(long consumed);
}
