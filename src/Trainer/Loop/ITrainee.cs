using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop;

/// <summary>What is trained, as the loop sees it: a model with its optimizer, on one of the ranks.</summary>
public interface ITrainee : IDisposable
{
    /// <summary>Forward and backward of one micro batch: adds <paramref name="factor"/> times the gradient of the sum of its losses.</summary>
    /// <returns>The sum of its losses, without the factor.</returns>
    MicroLoss Accumulate(TrainingBatch batch, double factor);

    /// <summary>The sum of a batch's losses, nothing being learned.</summary>
    double Evaluate(TrainingBatch batch);

    /// <summary>
    /// Sums gradients over the ranks with data of their own, clips them, and takes one step. Where they are no numbers nothing is changed.
    /// </summary>
    /// <returns>The norm of the gradients before clipping.</returns>
    double Update(double learningRate, double weightDecay);
}

/// <summary>What a micro batch came to.</summary>
/// <param name="Sum">The sum of the losses of its labels.</param>
/// <param name="Others">Further losses by name, such as a router's, each a mean already; null for none.</param>
public readonly record struct MicroLoss(double Sum, IReadOnlyList<KeyValuePair<string, double>>? Others = null);
