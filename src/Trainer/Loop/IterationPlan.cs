using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop;

/// <summary>How many steps a run has, and at which of them it evaluates and saves (TRL-1.2, TRL-1.3).</summary>
public sealed record IterationPlan
{
    /// <summary>Steps in all.</summary>
    public required long Iterations { get; init; }

    /// <summary>Steps between checkpoints; null for one at the end alone.</summary>
    public long? SaveSteps { get; init; }

    /// <summary>Steps between evaluations; null for none before the end.</summary>
    public long? EvalSteps { get; init; }

    /// <summary>Global batches of an evaluation; 0 for no evaluation.</summary>
    public long EvalIterations { get; init; }

    /// <summary>Steps between lines of the log.</summary>
    public long LoggingSteps { get; init; } = 5;

    /// <summary>The plan of a run.</summary>
    /// <param name="wish">What was asked for.</param>
    /// <param name="geometry">How batches are cut.</param>
    /// <param name="rows">Rows to train on; null where they are streamed.</param>
    /// <param name="validation">Rows to evaluate on.</param>
    /// <exception cref="LayoutException">There would be no step.</exception>
    public static IterationPlan Of(IterationWish wish, BatchGeometry geometry, long? rows, long validation)
    {
        var active = rows / geometry.Together * geometry.Together;
        var iterations = wish.TrainIters;
        if (iterations is null && wish.Epochs is { } epochs)
        {
            if (active is null) { Throw.StreamWithoutEnd(); }
            // Megatron-SWIFT multiplies whole rounds by the epochs first; a part of an epoch is cut to whole steps.
            iterations = (long)(active.Value * (decimal)epochs) / geometry.GlobalBatch;
        }
        if (iterations is null) { Throw.NoLength(); }
        if (iterations < 1) { Throw.NoStep(iterations.Value, rows, geometry); }
        var perEpoch = active is { } whole ? Math.Max(whole / geometry.GlobalBatch, 1) : (long?)null;
        if (wish.SaveEachEpoch && perEpoch is null) { Throw.StreamWithoutEpochs(); }
        var saves = wish.SaveEachEpoch ? perEpoch : wish.SaveSteps;
        return new IterationPlan
        {
            Iterations = iterations.Value,
            SaveSteps = saves,
            EvalSteps = wish.SaveEachEpoch ? perEpoch : wish.EvalSteps ?? saves,
            EvalIterations = EvalIters(wish.EvalIters, geometry, validation),
            LoggingSteps = wish.LoggingSteps,
        };
    }

    static long EvalIters(long asked, BatchGeometry geometry, long validation)
    {
        if (validation < geometry.Together || asked == 0) { return 0; }
        return asked > 0 ? asked : Math.Max(validation / geometry.Together * geometry.Together / geometry.GlobalBatch, 1);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoLength() => throw new LayoutException("TRL-1.2", "--train_iters", "how long to train is not said: give --train_iters or --num_train_epochs");

        [DoesNotReturn]
        internal static void StreamWithoutEnd() => throw new LayoutException("TRL-1.2", "--num_train_epochs", "a stream's rows are not counted: give --train_iters");

        [DoesNotReturn]
        internal static void StreamWithoutEpochs() => throw new LayoutException("TRL-1.3", "--save_strategy", "epoch; a stream's rows are not counted: give --save_steps");

        [DoesNotReturn]
        internal static void NoStep(long iterations, long? rows, BatchGeometry geometry) => throw new LayoutException("TRL-1.2", "--train_iters", rows is null
            ? $"{iterations} steps; at least one is allowed"
            : $"{rows} rows give {iterations} steps of {geometry.GlobalBatch}; at least one is allowed: give more rows or epochs, or a smaller --global_batch_size");
    }
}

/// <summary>How long a run shall be, as it was asked for.</summary>
/// <param name="TrainIters">Steps.</param>
/// <param name="Epochs">Times through the rows, where the steps are not given.</param>
/// <param name="SaveSteps">Steps between checkpoints; null for none before the end.</param>
/// <param name="EvalSteps">Steps between evaluations; null for where checkpoints are.</param>
/// <param name="EvalIters">Global batches of an evaluation; −1 for all rows there are.</param>
/// <param name="SaveEachEpoch">Whether saving and evaluating is done once an epoch.</param>
/// <param name="LoggingSteps">Steps between lines of the log.</param>
public sealed record IterationWish(long? TrainIters, double? Epochs, long? SaveSteps, long? EvalSteps, long EvalIters, bool SaveEachEpoch, long LoggingSteps);
