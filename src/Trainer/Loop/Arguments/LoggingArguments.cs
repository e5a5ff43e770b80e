namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>What is told of a run.</summary>
public sealed record LoggingArguments
{
    /// <summary>Whether event files are written.</summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Where; null for <c>runs</c> in the run's folder.</summary>
    public string? TensorBoardFolder { get; init; }
}
