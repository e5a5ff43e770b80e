namespace Ckpt.Trainer.Checkpoints;

/// <summary>A checkpoint could not be written because another process of the run could not do its share.</summary>
public sealed class TrainerCheckpointException : IOException
{
    /// <summary>With what the other process said.</summary>
    public TrainerCheckpointException(string message) : base(message) { }
}
