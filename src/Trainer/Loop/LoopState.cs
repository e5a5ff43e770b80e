namespace Ckpt.Trainer.Loop;

/// <summary>Where a run stands; all that is needed to go on beside weights, optimizer and random numbers.</summary>
/// <param name="Iteration">Steps done.</param>
/// <param name="ConsumedRows">Rows consumed by all ranks.</param>
public sealed record LoopState(long Iteration, long ConsumedRows)
{
    /// <summary>Rows at which the schedule stands; less than what was consumed where steps were skipped.</summary>
    public long ScheduledRows { get; init; } = ConsumedRows;

    /// <summary>The best value of the metric so far.</summary>
    public double? BestMetric { get; init; }

    /// <summary>The checkpoint that has it.</summary>
    public string? BestCheckpoint { get; init; }

    /// <summary>The last checkpoint written.</summary>
    public string? LastCheckpoint { get; init; }

    /// <summary>Steps whose gradients were no numbers.</summary>
    public long SkippedIterations { get; init; }
}
