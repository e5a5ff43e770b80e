using Ckpt.Trainer.Loop;

namespace Ckpt.Trainer.Logging;

/// <summary>Draws the curves of a run into <c>images/</c> whenever a checkpoint has been written, and at the end.</summary>
public sealed class CurveLog(string folder) : ITrainingLog
{
    readonly SortedDictionary<string, List<(long Step, double Value)>> _curves = new(StringComparer.Ordinal);

    public void Trained(TrainRecord record)
    {
        Add("train_loss", record.Progress, record.Loss);
        Add("train_grad_norm", record.Progress, record.GradNorm);
        Add("train_learning_rate", record.Progress, record.LearningRate);
        foreach (var (name, value) in record.Others) { Add("train_" + name.Replace('/', '_'), record.Progress, value); }
    }

    public void Evaluated(EvalRecord record) => Add("eval_loss", record.Progress, record.Loss);

    public void Saved(LoopState state) => Draw();

    public void Ended(LoopState state) => Draw();

    public void Dispose() { }

    void Add(string name, RunProgress progress, double value)
    {
        if (!_curves.TryGetValue(name, out var curve)) { _curves.Add(name, curve = []); }
        curve.Add((progress.Iteration, value));
    }

    void Draw()
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, curve) in _curves) { File.WriteAllText(Path.Combine(folder, name + ".svg"), CurveText.Svg(name, curve)); }
    }
}
