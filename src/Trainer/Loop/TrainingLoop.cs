using System.Diagnostics.CodeAnalysis;
using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop;

/// <summary>
/// Drives a run from where it stands to its end: steps, log, evaluations, checkpoints. Everything that a step depends on follows from
/// the rows consumed, so that a run that is stopped and goes on is the same run (TRL-5.3).
/// </summary>
/// <param name="options">How.</param>
/// <param name="trainee">What is trained.</param>
/// <param name="rows">The rows to train on.</param>
/// <param name="collator">Makes batches of them.</param>
/// <param name="evaluator">Evaluates, where there is something to evaluate on.</param>
/// <param name="checkpoints">Keeps what training has come to.</param>
/// <param name="ranks">The other ranks.</param>
/// <param name="logs">Told how it goes.</param>
/// <param name="clock">The time.</param>
public sealed class TrainingLoop(
    LoopOptions options, ITrainee trainee, IRowSource rows, BatchCollator collator, Evaluator? evaluator, ICheckpointSink checkpoints, IRankGroup ranks, IReadOnlyList<ITrainingLog> logs, TimeProvider clock)
{
    const double Gibi = 1L << 30;
    readonly StepRunner _steps = new(trainee, rows, collator, options.Geometry, ranks, options.PerTokenLoss);
    readonly IntervalMeans _means = new();
    LoopState _state = new(0, 0);
    long _began;
    long _firstIteration;

    /// <summary>Runs. Where it is cancelled, what is done is saved before it leaves (TRL-5.4).</summary>
    /// <param name="start">Where it stands.</param>
    /// <param name="cancel">Asked between steps; one rank that is asked stops all.</param>
    /// <exception cref="TrainingStoppedException">It was cancelled.</exception>
    /// <exception cref="TrainingException">It cannot go on.</exception>
    public LoopState Run(LoopState start, CancellationToken cancel)
    {
        (_state, _firstIteration, _began) = (start, start.Iteration, clock.GetTimestamp());
        _means.Restart(_began);
        while (_state.Iteration < options.Plan.Iterations)
        {
            Step();
            var isLast = _state.Iteration == options.Plan.Iterations;
            var stops = ranks.Any(cancel.IsCancellationRequested);
            if (_state.Iteration == 1 || IsDue(options.Plan.LoggingSteps) || isLast || stops) { Tell(); }
            var isBest = false;
            if (!stops && evaluator is not null && options.Plan.EvalIterations > 0 && (isLast || IsDue(options.Plan.EvalSteps))) { (isBest, stops) = Evaluate(cancel); }
            if (isLast || stops || IsDue(options.Plan.SaveSteps)) { Save(isBest); }
            if (stops && !isLast) { Stop(cancel); }
        }
        foreach (var log in logs) { log.Ended(_state); }
        return _state;
    }

    void Step()
    {
        var consumed = _state.ConsumedRows;
        var loss = _steps.Accumulate(consumed);
        // Every rank has the same sum, and so comes to the same verdict.
        if (!double.IsFinite(loss.Loss) && options.CheckForNan) { Throw.NoNumber("loss", loss.Loss, _state.Iteration + 1); }
        var norm = trainee.Update(options.LearningRate.At(_state.ScheduledRows), options.WeightDecay.At(_state.ScheduledRows));
        var skipped = !double.IsFinite(norm);
        if (skipped && options.CheckForNan) { Throw.NoNumber("norm of the gradients", norm, _state.Iteration + 1); }
        _state = _state with
        {
            Iteration = _state.Iteration + 1,
            ConsumedRows = consumed + options.Geometry.GlobalBatch,
            ScheduledRows = _state.ScheduledRows + (skipped ? 0 : options.Geometry.GlobalBatch),
            SkippedIterations = _state.SkippedIterations + (skipped ? 1 : 0),
        };
        _means.Add(loss, norm, skipped);
    }

    bool IsDue(long? every) => every is > 0 and var steps && _state.Iteration % steps == 0;

    void Tell()
    {
        if (_means.Count == 0) { return; }
        var record = _means.Record(Progress(), options.LearningRate.At(_state.ScheduledRows), clock);
        foreach (var log in logs) { log.Trained(record); }
        _means.Restart(clock.GetTimestamp());
    }

    /// <summary>Evaluates, and says whether this is the best so far, and whether it was stopped.</summary>
    (bool IsBest, bool Stops) Evaluate(CancellationToken cancel)
    {
        if (evaluator!.Loss(options.Plan.EvalIterations, cancel) is not { } loss) { return (false, true); }
        var record = new EvalRecord(Progress(), loss);
        foreach (var log in logs) { log.Evaluated(record); }
        var isBest = _state.BestMetric is not { } best || (options.GreaterIsBetter ? loss > best : loss < best);
        if (isBest) { _state = _state with { BestMetric = loss }; }
        return (isBest, false);
    }

    void Save(bool isBest)
    {
        var folder = checkpoints.Save(_state, isBest);
        _state = _state with { LastCheckpoint = folder, BestCheckpoint = isBest ? folder : _state.BestCheckpoint };
        foreach (var log in logs) { log.Saved(_state); }
    }

    [DoesNotReturn]
    void Stop(CancellationToken cancel)
    {
        foreach (var log in logs) { log.Ended(_state); }
        throw new TrainingStoppedException(_state, "", cancel);
    }

    RunProgress Progress()
    {
        var elapsed = clock.GetElapsedTime(_began);
        var done = Math.Max(_state.Iteration - _firstIteration, 1);
        return new RunProgress(
            _state.Iteration, options.Plan.Iterations, elapsed, elapsed.TotalSeconds / done, PeakMemory() / Gibi, clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
    }

    static long PeakMemory()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoNumber(string what, double value, long step) => throw new TrainingException(
            "TRL-5.2", $"step {step}", FormattableString.Invariant($"the {what} is {value}; lower --lr, look at the data, or skip such steps with --check_for_nan_in_loss_and_grad false"));
    }
}
