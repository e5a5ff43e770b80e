using Ckpt.Torch;
using Ckpt.Trainer.Datasets;
using Ckpt.Trainer.Modeling;
using Ckpt.Trainer.Optimizing;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Loop;

/// <summary>A model over LibTorch with its optimizer.</summary>
/// <param name="model">The model; disposed with this.</param>
/// <param name="optimizer">Its optimizer; disposed with this.</param>
/// <param name="isDynamic">Whether each token's loss is weighed by its probability.</param>
/// <param name="balances">Whether losses that balance experts are told.</param>
sealed class TorchTrainee(GptModel model, TrainOptimizer optimizer, bool isDynamic, bool balances) : ITrainee
{
    internal GptModel Model => model;

    internal TrainOptimizer Optimizer => optimizer;

    public MicroLoss Accumulate(TrainingBatch batch, double factor)
    {
        using var scope = NewDisposeScope();
        model.IsTraining = true;
        // Losses that balance experts are means over tokens: their part is that of the batch's labels.
        model.BalancingScale = batch.LabelCount * factor;
        var losses = Losses(batch);
        if (isDynamic) { losses = losses * losses.detach().neg().exp(); }
        var sum = losses.sum();
        sum.mul(factor).backward();
        optimizer.AccumulateGradients();
        var (auxiliary, routers) = model.TakeBalancingLosses();
        return new MicroLoss(sum.item<float>(), balances ? [KeyValuePair.Create("load_balancing_loss", auxiliary), KeyValuePair.Create("z_loss", routers)] : null);
    }

    public double Evaluate(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        model.IsTraining = false;
        var sum = Losses(batch).sum().item<float>();
        model.TakeBalancingLosses();
        return sum;
    }

    public double Update(double learningRate, double weightDecay) => optimizer.Update(learningRate, weightDecay);

    public void Dispose()
    {
        // Parameters are views of the optimizer's buffers.
        model.Dispose();
        optimizer.Dispose();
    }

    Tensor Losses(TrainingBatch batch)
    {
        long[] shape = [batch.Rows, batch.Columns];
        var weights = batch.Weights is { } given ? tensor(given, shape) : null;
        var packs = batch.Boundaries is { } boundaries ? new CuSeqlens(boundaries) : null;
        return model.Loss(tensor(batch.Tokens, shape), tensor(batch.Labels, shape), tensor(batch.Positions, shape), weights, packs);
    }
}
