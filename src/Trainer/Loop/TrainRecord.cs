namespace Ckpt.Trainer.Loop;

/// <summary>A line of the log: means over the steps since the line before (TRL-6.1).</summary>
/// <param name="Progress">Where the run stands.</param>
/// <param name="Loss">The mean loss.</param>
/// <param name="GradNorm">The mean norm of the gradients, before clipping.</param>
/// <param name="LearningRate">The rate of the next step, which is what Megatron shows.</param>
/// <param name="Others">Further losses by name.</param>
/// <param name="TokensPerSecond">Tokens read a second, by all ranks.</param>
/// <param name="Skipped">Steps among them that were skipped.</param>
public sealed record TrainRecord(
    RunProgress Progress, double Loss, double GradNorm, double LearningRate, IReadOnlyList<KeyValuePair<string, double>> Others, double TokensPerSecond, long Skipped);

/// <summary>What an evaluation came to.</summary>
/// <param name="Progress">Where the run stands.</param>
/// <param name="Loss">The mean loss of a label.</param>
public sealed record EvalRecord(RunProgress Progress, double Loss);

/// <summary>Where a run stands.</summary>
/// <param name="Iteration">Steps done.</param>
/// <param name="Iterations">Steps in all.</param>
/// <param name="Elapsed">Since the run began.</param>
/// <param name="SecondsPerStep">Of this run.</param>
/// <param name="MemoryGiB">Most memory that the process has held.</param>
/// <param name="WallTime">Seconds since 1970.</param>
public sealed record RunProgress(long Iteration, long Iterations, TimeSpan Elapsed, double SecondsPerStep, double MemoryGiB, double WallTime)
{
    /// <summary>What is left at the speed so far.</summary>
    public TimeSpan Remaining => TimeSpan.FromSeconds(Math.Min((Iterations - Iteration) * SecondsPerStep, 1e10));
}
