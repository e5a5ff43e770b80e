namespace Ckpt.Trainer.Loop;

/// <summary>Told how a run goes; on the first rank only.</summary>
public interface ITrainingLog : IDisposable
{
    /// <summary>Some steps are done.</summary>
    void Trained(TrainRecord record);

    /// <summary>An evaluation is done.</summary>
    void Evaluated(EvalRecord record);

    /// <summary>A checkpoint has been written.</summary>
    void Saved(LoopState state);

    /// <summary>The run has ended, whole or not.</summary>
    void Ended(LoopState state);
}
