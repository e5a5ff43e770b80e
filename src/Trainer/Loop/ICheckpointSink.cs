namespace Ckpt.Trainer.Loop;

/// <summary>Keeps what training has come to. Called on every rank at the same steps.</summary>
public interface ICheckpointSink
{
    /// <summary>Writes a checkpoint.</summary>
    /// <param name="state">Where the run stands.</param>
    /// <param name="isBest">Whether its metric is the best so far.</param>
    /// <returns>Its folder.</returns>
    string Save(LoopState state, bool isBest);
}
