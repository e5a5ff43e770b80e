using Ckpt.Inference.Descriptions;
using Ckpt.Torch;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>
/// Losses that balance experts: their gradients are added where scores are, and their values are summed up for the log. Source: Megatron-core
/// `moe_utils.py`, `switch_load_balancing_loss_func`, `z_loss_func` and `MoEAuxLossAutoScaler`.
/// </summary>
sealed class ExpertBalance(double auxiliary, double routerLogits)
{
    readonly List<double> _auxiliary = [];
    readonly List<double> _logits = [];

    /// <summary>What the losses are multiplied by where they meet the main one's gradients.</summary>
    internal double Scale { get; set; } = 1;

    /// <summary>The scores, with the losses' gradients behind them.</summary>
    internal Tensor Add(Pass pass, RouterKind router, Tensor scores, Tensor logits, Tensor chosen)
    {
        if (!pass.IsTraining || (auxiliary == 0 && routerLogits == 0)) { return scores; }
        if (auxiliary != 0)
        {
            var loss = Auxiliary(pass, router, scores, logits, chosen);
            Note(pass, _auxiliary, loss);
            scores = autograd.Apply(new LossBehind(Scale), scores, loss)[0];
        }
        if (routerLogits != 0)
        {
            var largest = logits.logsumexp(-1);
            var loss = (largest * largest).mean() * routerLogits;
            if (pass.Regions.IsSequenceParallel) { loss = loss / pass.Regions.Size; }
            Note(pass, _logits, loss);
            scores = autograd.Apply(new LossBehind(Scale), scores, loss)[0];
        }
        return scores;
    }

    /// <summary>The losses' values since they were last taken, summed over layers, divided by the weights.</summary>
    internal (double Auxiliary, double RouterLogits) Take()
    {
        var taken = (auxiliary == 0 ? 0 : _auxiliary.Sum() / auxiliary, routerLogits == 0 ? 0 : _logits.Sum() / routerLogits);
        _auxiliary.Clear();
        _logits.Clear();
        return taken;
    }

    // E · c / (k · T²) · Σ_e (Σ_t p) · tokens of e
    Tensor Auxiliary(Pass pass, RouterKind router, Tensor scores, Tensor logits, Tensor chosen)
    {
        var probabilities = router.IsSigmoid ? scores / scores.sum(-1, keepdim: true).clamp(1e-20) : router.IsSoftMaxOfChosen ? logits.softmax(-1) : scores;
        Tensor counts;
        using (no_grad())
        {
            counts = chosen.reshape(-1).bincount(null, router.Experts).to(ScalarType.Float32);
            if (pass.Regions.IsSequenceParallel) { counts = pass.Regions.Sum(counts); }
        }
        var tokens = (double)pass.Rows;
        return (probabilities.sum(0) * counts).sum() * (router.Experts * auxiliary / (router.TopK * tokens * tokens));
    }

    static void Note(Pass pass, List<double> values, Tensor loss)
    {
        if (pass.IsAgain) { return; }
        using var off = no_grad();
        values.Add((pass.Regions.IsSequenceParallel ? pass.Regions.Sum(loss.detach()) : loss).item<double>());
    }

    sealed class LossBehind(double scale) : IAutogradFunction
    {
        public Tensor[] Forward(AutogradContext context, Tensor[] inputs) => [inputs[0].detach()];

        public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients) => [gradients[0], full([], scale)];
    }
}
