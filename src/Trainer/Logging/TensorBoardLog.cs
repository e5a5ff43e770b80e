using System.Globalization;
using Ckpt.Trainer.Loop;

namespace Ckpt.Trainer.Logging;

/// <summary>Writes an event file for TensorBoard.</summary>
public sealed class TensorBoardLog : ITrainingLog
{
    readonly FileStream _file;

    /// <summary>Begins a file in a folder, which is made where it is not there.</summary>
    public TensorBoardLog(string folder, double wallTime)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{(long)wallTime}.{Environment.MachineName}.{Environment.ProcessId}.0");
        _file = new FileStream(Path.Combine(folder, name), FileMode.Append, FileAccess.Write, FileShare.Read);
        _file.Write(EventRecord.Version(wallTime));
        _file.Flush();
    }

    public void Trained(TrainRecord record)
    {
        Scalar(record.Progress, "train/loss", record.Loss);
        Scalar(record.Progress, "train/grad_norm", record.GradNorm);
        Scalar(record.Progress, "train/learning_rate", record.LearningRate);
        foreach (var (name, value) in record.Others) { Scalar(record.Progress, $"train/{name.Replace('/', '_')}", value); }
        Scalar(record.Progress, "train/memory(GiB)", record.Progress.MemoryGiB);
        Scalar(record.Progress, "train/train_speed(s_it)", record.Progress.SecondsPerStep);
        _file.Flush();
    }

    public void Evaluated(EvalRecord record)
    {
        Scalar(record.Progress, "eval/loss", record.Loss);
        _file.Flush();
    }

    public void Saved(LoopState state) { }

    public void Ended(LoopState state) { }

    public void Dispose() => _file.Dispose();

    void Scalar(RunProgress progress, string tag, double number) => _file.Write(EventRecord.Scalar(progress.WallTime, progress.Iteration, tag, (float)number));
}
