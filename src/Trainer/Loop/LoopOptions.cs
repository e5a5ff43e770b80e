using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop;

/// <summary>How a run is driven.</summary>
public sealed record LoopOptions
{
    /// <summary>Steps in all, and where it evaluates, saves and tells.</summary>
    public required IterationPlan Plan { get; init; }

    /// <summary>How batches are cut.</summary>
    public required BatchGeometry Geometry { get; init; }

    /// <summary>The learning rate.</summary>
    public required LearningRateSchedule LearningRate { get; init; }

    /// <summary>Weight decay.</summary>
    public required WeightDecaySchedule WeightDecay { get; init; }

    /// <summary>Whether every token of the global batch counts alike; else every micro batch does.</summary>
    public bool PerTokenLoss { get; init; } = true;

    /// <summary>Whether a loss or a gradient that is no number ends the run; else the step is skipped.</summary>
    public bool CheckForNan { get; init; } = true;

    /// <summary>Whether a greater metric is a better one.</summary>
    public bool GreaterIsBetter { get; init; }
}
