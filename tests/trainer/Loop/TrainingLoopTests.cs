using System.Text.Json;
using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Logging;
using Ckpt.Trainer.Loop;
using Xunit;

namespace Ckpt.TrainerTests.Loop;

/// <summary>The loop around a model of one number, so that every expected value can be worked out beside it.</summary>
public sealed class TrainingLoopTests
{
    // Rows of two to four tokens, whose labels are their number.
    static readonly TrainingRow[] s_rows = [.. Enumerable.Range(0, 11).Select(i => Row(i, 2 + (i % 3)))];

    static readonly LoopOptions s_options = new()
    {
        Plan = new IterationPlan { Iterations = 6, LoggingSteps = 2, SaveSteps = 4 },
        Geometry = new BatchGeometry(2, 4, 1),
        LearningRate = new LearningRateSchedule { Max = 0.1, Min = 0.01, WarmupRows = 8, DecayRows = 24 },
        WeightDecay = new WeightDecaySchedule(0.1, 0.1, 24, WeightDecayStyle.Constant),
    };

    [Fact, Clause("TRL-3.6")]
    public void EveryTokenOfAGlobalBatchCountsAlike()
    {
        var trainee = new ToyTrainee(new SingleRank(), value: 1);
        var log = new Recorder();
        Run(s_options with { Plan = s_options.Plan with { Iterations = 1 } }, trainee, log: log);
        var labels = Taken(1).SelectMany(r => r.Labels.Skip(1)).ToList();
        var record = Assert.Single(log.Trained);
        Assert.Equal(labels.Average(l => 0.5 * (1 - l) * (1 - l)), record.Loss, 1e-12);
        Assert.Equal(Math.Abs(labels.Average(l => 1.0 - l)), record.GradNorm, 1e-12);
        // The first step of a warm-up has the rate 0; the log shows the next one's.
        Assert.Equal([0.0], trainee.Rates);
        Assert.Equal(1, trainee.Value);
        Assert.Equal(0.1 * 4 / 8, record.LearningRate, 1e-15);
        Assert.Equal([KeyValuePair.Create("load_balancing_loss", 0.25)], record.Others);
    }

    [Fact, Clause("TRL-3.6")]
    public void OrEveryMicroBatchDoes()
    {
        var log = new Recorder();
        Run(s_options with { Plan = s_options.Plan with { Iterations = 1 }, PerTokenLoss = false }, new ToyTrainee(new SingleRank(), value: 1), log: log);
        var means = Taken(1).Chunk(2).Select(rows => rows.SelectMany(r => r.Labels.Skip(1)).Average(l => 0.5 * (1 - l) * (1 - l)));
        Assert.Equal(means.Average(), Assert.Single(log.Trained).Loss, 1e-12);
    }

    [Theory, Clause("TRL-3.6")]
    [InlineData(true)]
    [InlineData(false)]
    public void RanksTogetherDoWhatOneAloneDoes(bool perToken)
    {
        // Two ranks of one row at a time see the rows of one rank of two, so the means of micro batches are others; of rows of one length they are not.
        var rows = perToken ? s_rows : [.. Enumerable.Range(0, 11).Select(i => Row(i, 3))];
        using var ranks = new ThreadRanks(2);
        var values = ranks.Run(rank =>
        {
            var trainee = new ToyTrainee(rank);
            Run(s_options with { PerTokenLoss = perToken, Geometry = new BatchGeometry(1, 4, 2) }, trainee, rank, rows: [.. rows.Take(10)]);
            return trainee.Value;
        });
        var one = new ToyTrainee(new SingleRank());
        Run(s_options with { PerTokenLoss = perToken }, one, rows: [.. rows.Take(10)]);
        Assert.All(values, v => Assert.Equal(one.Value, v, 1e-12));
        Assert.NotEqual(0, one.Value);
    }

    [Fact, Clause("TRL-5.3"), Clause("TRL-5.4")]
    public void ARunThatIsStoppedAndGoesOnIsTheSameRun()
    {
        var whole = new ToyTrainee(new SingleRank());
        var end = Run(s_options, whole);
        for (var stop = 1; stop < 5; stop++)
        {
            using var source = new CancellationTokenSource();
            var (first, sink) = (new ToyTrainee(new SingleRank()), new MemorySink());
            var log = new Recorder { OnTrained = r => { if (r.Progress.Iteration >= stop) { source.Cancel(); } } };
            Assert.Throws<TrainingStoppedException>(() => Run(s_options with { Plan = s_options.Plan with { LoggingSteps = 1 } }, first, log: log, sink: sink, cancel: source.Token));
            // Cancelled while it told of one step, it ends after the next and has kept what that came to.
            var kept = sink.Saved[^1].State;
            Assert.Equal(stop + 1, kept.Iteration);
            var second = new ToyTrainee(new SingleRank(), first.Value, first.Momentum);
            Assert.Equal(end with { LastCheckpoint = null }, Run(s_options, second, start: kept) with { LastCheckpoint = null });
            Assert.Equal(whole.Value, second.Value);
            Assert.Equal(whole.Rates, [.. first.Rates, .. second.Rates]);
        }
    }

    [Fact, Clause("TRL-5.4")]
    public void OneRankThatIsStoppedStopsAll()
    {
        using var ranks = new ThreadRanks(2);
        using var source = new CancellationTokenSource();
        source.Cancel();
        var stopped = ranks.Run(rank =>
        {
            var sink = new MemorySink();
            Assert.Throws<TrainingStoppedException>(() => Run(s_options with { Geometry = new BatchGeometry(1, 4, 2) }, new ToyTrainee(rank), rank, sink: sink, cancel: rank.Rank == 1 ? source.Token : default));
            return sink.Saved.Count;
        });
        Assert.Equal([1, 1], stopped);
    }

    [Fact, Clause("TRL-5.2")]
    public void ANumberThatIsNoneEndsTheRunOrSkipsItsStep()
    {
        var fault = Assert.Throws<TrainingException>(() => Run(s_options, new ToyTrainee(new SingleRank()) { BadStep = 3 }));
        Assert.Equal(("TRL-5.2", "step 3"), (fault.Clause, fault.Where));

        var (trainee, log) = (new ToyTrainee(new SingleRank()) { BadStep = 3 }, new Recorder());
        var state = Run(s_options with { CheckForNan = false, LearningRate = s_options.LearningRate with { Style = DecayStyle.Linear } }, trainee, log: log);
        Assert.Equal((6L, 24L, 20L, 1L), (state.Iteration, state.ConsumedRows, state.ScheduledRows, state.SkippedIterations));
        // The schedule stands still for a step that was not taken.
        Assert.Equal(trainee.Rates[2], trainee.Rates[3]);
        Assert.Equal([1L], log.Trained.Where(r => r.Skipped > 0).Select(r => r.Skipped));
        Assert.All(log.Trained, r => Assert.True(double.IsFinite(r.Loss)));
    }

    [Fact, Clause("TRL-5.1")]
    public void EvaluationTakesTheRowsInOrderAndTheBestIsKept()
    {
        // Held back: the value 10, from which the model is 10 away and comes nearer.
        TrainingRow[] held = [Row(10, 3), Row(10, 3), Row(10, 3)];
        var (log, sink) = (new Recorder(), new MemorySink());
        var options = s_options with { Plan = s_options.Plan with { EvalSteps = 2, EvalIterations = 1, SaveSteps = 2 } };
        var state = Run(options, new ToyTrainee(new SingleRank()), log: log, sink: sink, held: held);
        Assert.Equal([2L, 4, 6], log.Evaluated.Select(e => e.Progress.Iteration));
        Assert.Equal(log.Evaluated.Min(e => e.Loss), state.BestMetric);
        var best = sink.Saved.Last(s => s.IsBest);
        Assert.Equal(state.BestCheckpoint, best.Folder);
        Assert.Equal(log.Evaluated.OrderBy(e => e.Loss).First().Progress.Iteration, best.State.Iteration);
    }

    [Fact, Clause("TRL-5.1")]
    public void TheLossOfAnEvaluationIsTheMeanOfItsLabels()
    {
        TrainingRow[] held = [Row(1, 2), Row(2, 4), Row(3, 3)];
        var evaluator = new Evaluator(new ToyTrainee(new SingleRank()), held, new BatchCollator(true, 0), new BatchGeometry(1, 2, 1), new SingleRank());
        // Two global batches of two rows of three: the fourth is the first again.
        double[] losses = [0.5, 2, 2, 2, 4.5, 4.5, 0.5];
        Assert.Equal(losses.Average(), evaluator.Loss(2, default)!.Value, 1e-12);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Null(evaluator.Loss(1, cancelled.Token));
    }

    [Fact, Clause("TRL-6.1")]
    public void TheLogTellsOfTheFirstStepAndOfEveryFew()
    {
        var log = new Recorder();
        Run(s_options with { Plan = s_options.Plan with { LoggingSteps = 4 } }, new ToyTrainee(new SingleRank()), log: log);
        var each = new Recorder();
        Run(s_options with { Plan = s_options.Plan with { LoggingSteps = 1 } }, new ToyTrainee(new SingleRank()), log: each);
        Assert.Equal([1L, 4, 6], log.Trained.Select(r => r.Progress.Iteration));
        Assert.Equal(each.Trained.Skip(1).Take(3).Average(r => r.Loss), log.Trained[1].Loss, 1e-12);
        Assert.Equal(each.Trained.Skip(4).Average(r => r.GradNorm), log.Trained[2].GradNorm, 1e-12);
    }

    [Fact, Clause("TRL-1.3")]
    public void CheckpointsComeWhereTheyAreDueAndAtTheEnd()
    {
        var sink = new MemorySink();
        Run(s_options, new ToyTrainee(new SingleRank()), sink: sink);
        Assert.Equal([4L, 6], sink.Saved.Select(s => s.State.Iteration));
    }

    [Fact, Clause("TRL-6.1")]
    public void LinesOfTheLogAreMegatronSwifts()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "logging.jsonl");
        using (var log = new JsonLinesLog(file)) { Run(s_options, new ToyTrainee(new SingleRank()), log: log); }
        var lines = File.ReadAllLines(file).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["loss", "grad_norm", "learning_rate", "load_balancing_loss", "iteration", "elapsed_time", "remaining_time", "memory(GiB)", "train_speed(s/it)"], lines[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(["1/6", "2/6", "4/6", "6/6"], lines.SkipLast(1).Select(l => l.GetProperty("iteration").GetString()));
        Assert.Equal(["last_model_checkpoint", "best_model_checkpoint", "best_metric"], lines[^1].EnumerateObject().Select(p => p.Name));
        Assert.Equal("checkpoint-6", lines[^1].GetProperty("last_model_checkpoint").GetString());
    }

    static LoopState Run(
        LoopOptions options, ToyTrainee trainee, IRankGroup? ranks = null, TrainingRow[]? rows = null, TrainingRow[]? held = null, ITrainingLog? log = null, MemorySink? sink = null, LoopState? start = null, CancellationToken cancel = default)
    {
        ranks ??= new SingleRank();
        rows ??= s_rows;
        var collator = new BatchCollator(true, 0);
        var source = new SampledRows(rows, new TrainingSampler(rows.Length, options.Geometry, ranks.DataRank, new SamplerOptions()));
        var evaluator = held is null ? null : new Evaluator(trainee, held, collator, options.Geometry, ranks);
        var loop = new TrainingLoop(options, trainee, source, collator, evaluator, sink ?? new MemorySink(), ranks, log is null ? [] : [log], TimeProvider.System);
        return loop.Run(start ?? new LoopState(0, 0), cancel);
    }

    /// <summary>The rows of the first steps, by the permutation that torch gives the first epoch.</summary>
    static IEnumerable<TrainingRow> Taken(int steps) => TorchPermutation.Of(10, 0).Take(steps * 4).Select(i => s_rows[i]);

    static TrainingRow Row(int value, int length) => new([.. Enumerable.Repeat(value, length)], [-100, .. Enumerable.Repeat(value, length - 1)], null, [0, length]);

    sealed class MemorySink : ICheckpointSink
    {
        internal List<(LoopState State, bool IsBest, string Folder)> Saved { get; } = [];

        public string Save(LoopState state, bool isBest)
        {
            var folder = $"checkpoint-{state.Iteration}";
            Saved.Add((state, isBest, folder));
            return folder;
        }
    }

    sealed class Recorder : ITrainingLog
    {
        internal Action<TrainRecord>? OnTrained { get; init; }

        internal List<TrainRecord> Trained { get; } = [];

        internal List<EvalRecord> Evaluated { get; } = [];

        void ITrainingLog.Trained(TrainRecord record)
        {
            Trained.Add(record);
            OnTrained?.Invoke(record);
        }

        void ITrainingLog.Evaluated(EvalRecord record) => Evaluated.Add(record);

        public void Saved(LoopState state) { }

        public void Ended(LoopState state) { }

        public void Dispose() { }
    }
}
