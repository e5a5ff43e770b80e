using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Trainer.Loop;

namespace Ckpt.Trainer.Logging;

/// <summary>Says the lines of <c>logging.jsonl</c> as Megatron-SWIFT writes them (TRL-6.1). Pure.</summary>
public static class LogText
{
    const int Digits = 8;

    /// <summary>The line of some steps.</summary>
    public static JsonObject Train(TrainRecord record)
    {
        var line = new JsonObject { ["loss"] = Rounded(record.Loss), ["grad_norm"] = Rounded(record.GradNorm), ["learning_rate"] = Rounded(record.LearningRate) };
        foreach (var (name, value) in record.Others) { line[name] = Rounded(value); }
        if (record.Skipped > 0) { line["skipped_iterations"] = record.Skipped; }
        return Behind(line, record.Progress);
    }

    /// <summary>The line of an evaluation.</summary>
    public static JsonObject Eval(EvalRecord record) => Behind(new JsonObject { ["eval_loss"] = Rounded(record.Loss) }, record.Progress);

    /// <summary>The line a run ends with.</summary>
    public static JsonObject End(LoopState state) => new()
    {
        ["last_model_checkpoint"] = state.LastCheckpoint,
        ["best_model_checkpoint"] = state.BestCheckpoint,
        ["best_metric"] = state.BestMetric is { } best ? Rounded(best) : null,
    };

    /// <summary>A duration in days, hours, minutes and seconds, from the first that is not 0.</summary>
    public static string Time(TimeSpan time)
    {
        var seconds = (long)Math.Max(time.TotalSeconds, 0);
        var (days, hours, minutes, rest) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        return days > 0 ? string.Create(CultureInfo.InvariantCulture, $"{days}d {hours}h {minutes}m {rest}s")
            : hours > 0 ? string.Create(CultureInfo.InvariantCulture, $"{hours}h {minutes}m {rest}s")
            : minutes > 0 ? string.Create(CultureInfo.InvariantCulture, $"{minutes}m {rest}s")
            : string.Create(CultureInfo.InvariantCulture, $"{rest}s");
    }

    static JsonObject Behind(JsonObject line, RunProgress progress)
    {
        line["iteration"] = string.Create(CultureInfo.InvariantCulture, $"{progress.Iteration}/{progress.Iterations}");
        line["elapsed_time"] = Time(progress.Elapsed);
        line["remaining_time"] = Time(progress.Remaining);
        line["memory(GiB)"] = Math.Round(progress.MemoryGiB, 2);
        line["train_speed(s/it)"] = Math.Round(progress.SecondsPerStep, 6);
        return line;
    }

    // JSON has no word for what is no number.
    static JsonValue? Rounded(double value) => double.IsFinite(value) ? JsonValue.Create(Math.Round(value, Digits)) : null;
}
