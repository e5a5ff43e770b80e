using System.Globalization;
using Ckpt.Trainer.Logging;
using Ckpt.Trainer.Loop;

namespace Ckpt.Cli.Training;

/// <summary>Tells the user how a run goes, a line at a time.</summary>
sealed class ConsoleLog(Action<string> say) : ITrainingLog
{
    public void Trained(TrainRecord record)
    {
        var others = string.Concat(record.Others.Select(o => string.Create(CultureInfo.InvariantCulture, $", {o.Key} {o.Value:G5}")));
        var skipped = record.Skipped == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {record.Skipped} steps skipped");
        say(string.Create(CultureInfo.InvariantCulture,
            $"{Step(record.Progress)}: loss {record.Loss:G6}, grad_norm {record.GradNorm:G5}, lr {record.LearningRate:G4}{others}{skipped}; {record.TokensPerSecond:N0} tokens/s, {record.Progress.MemoryGiB:F2} GiB; {LogText.Time(record.Progress.Elapsed)}, {LogText.Time(record.Progress.Remaining)} left"));
    }

    public void Evaluated(EvalRecord record) => say(string.Create(CultureInfo.InvariantCulture, $"{Step(record.Progress)}: eval_loss {record.Loss:G6}"));

    public void Saved(LoopState state) => say($"saved {state.LastCheckpoint}");

    public void Ended(LoopState state) { }

    public void Dispose() { }

    static string Step(RunProgress progress) => string.Create(CultureInfo.InvariantCulture, $"step {progress.Iteration}/{progress.Iterations}");
}
