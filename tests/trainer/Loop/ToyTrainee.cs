using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Loop;

namespace Ckpt.TrainerTests.Loop;

/// <summary>
/// A model of one number, whose loss of a label is half its squared distance: momentum makes its state more than the number. Small enough
/// to work out by hand, which the tests do.
/// </summary>
sealed class ToyTrainee(IRankGroup ranks, double value = 0, double momentum = 0) : ITrainee
{
    double _gradient;

    internal double Value { get; private set; } = value;

    internal double Momentum { get; private set; } = momentum;

    internal List<double> Rates { get; } = [];

    /// <summary>The step whose gradient is to be no number; none where 0.</summary>
    internal int BadStep { get; init; }

    public MicroLoss Accumulate(TrainingBatch batch, double factor)
    {
        var labels = batch.Labels.Where(l => l != TrainingRow.Ignored).ToList();
        _gradient += labels.Sum(l => Value - l) * factor;
        return new MicroLoss(labels.Sum(l => 0.5 * (Value - l) * (Value - l)), [KeyValuePair.Create("load_balancing_loss", 0.25)]);
    }

    public double Evaluate(TrainingBatch batch) => batch.Labels.Where(l => l != TrainingRow.Ignored).Sum(l => 0.5 * (Value - l) * (Value - l));

    public double Update(double learningRate, double weightDecay)
    {
        Rates.Add(learningRate);
        double[] gradient = [Rates.Count == BadStep ? double.NaN : _gradient];
        ranks.SumOverData(gradient);
        _gradient = 0;
        if (!double.IsFinite(gradient[0])) { return gradient[0]; }
        Momentum = (0.9 * Momentum) + gradient[0];
        Value = (Value * (1 - (learningRate * weightDecay))) - (learningRate * Momentum);
        return Math.Abs(gradient[0]);
    }

    public void Dispose() { }
}
