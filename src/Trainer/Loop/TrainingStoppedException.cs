namespace Ckpt.Trainer.Loop;

/// <summary>A run that was asked to stop, and has kept what it had.</summary>
/// <param name="state">Where it stands.</param>
/// <param name="advice">How it goes on.</param>
/// <param name="cancel">What asked it.</param>
public sealed class TrainingStoppedException(LoopState state, string advice, CancellationToken cancel)
    : OperationCanceledException($"stopped after step {state.Iteration}; saved {state.LastCheckpoint}", cancel)
{
    /// <summary>Where it stands.</summary>
    public LoopState State { get; } = state;

    /// <summary>How it goes on.</summary>
    public string Advice { get; } = advice;
}
