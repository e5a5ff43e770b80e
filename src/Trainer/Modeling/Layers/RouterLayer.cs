using Ckpt.Inference.Descriptions;
using Ckpt.Torch;
using Ckpt.Trainer.Adapting;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>Who chooses a token's experts, and weighs them; in float32.</summary>
sealed class RouterLayer(RouterKind kind, Parameter weight, Parameter? bias, Parameter? balance, LoraModule? adapter)
{
    readonly float[] _counts = new float[kind.Experts];

    /// <summary>For each row the chosen experts' weights, in float32, and their numbers, in int64.</summary>
    internal (Tensor Weights, Tensor Chosen) Forward(Pass pass, Tensor rows)
    {
        var inputs = rows.to(ScalarType.Float32);
        var logits = nn.functional.linear(inputs, weight.Value.to(ScalarType.Float32), bias?.Value.to(ScalarType.Float32));
        if (adapter is not null) { logits = adapter.Add(pass, inputs, logits); }
        var scores = kind.IsSigmoid ? logits.sigmoid() : kind.IsSoftMaxOfChosen ? logits : logits.softmax(-1);
        Tensor chosen;
        using (no_grad()) { chosen = Choose(scores.detach()); }
        scores = pass.Balance.Add(pass, kind, scores, logits, chosen);
        var weights = scores.gather(1, chosen);
        if (kind.IsSoftMaxOfChosen) { weights = weights.softmax(-1); }
        if (kind.IsNormalised) { weights = weights / weights.sum(-1, keepdim: true).clamp(kind.LeastSum); }
        return (kind.Scale == 1 ? weights : weights.mul(kind.Scale), chosen);
    }

    /// <summary>What balances the experts without gradients; null where nothing does.</summary>
    internal Parameter? BalancingBias => balance;

    /// <summary>Counts tokens by expert.</summary>
    internal void Count(int[] counts)
    {
        for (var i = 0; i < counts.Length; i++) { _counts[i] += counts[i]; }
    }

    /// <summary>Tokens by expert since they were last taken.</summary>
    internal float[] TakeCounts()
    {
        var taken = (float[])_counts.Clone();
        Array.Clear(_counts);
        return taken;
    }

    Tensor Choose(Tensor scores)
    {
        var choice = balance is null ? scores : scores.add(balance.Value);
        if (kind.Groups > 1)
        {
            var grouped = choice.view(choice.shape[0], kind.Groups, -1);
            var best = grouped.topk(kind.AreGroupsPaired ? 2 : 1, -1).values.sum(-1);
            var kept = zeros(best.shape, ScalarType.Bool).scatter_(1, best.topk(kind.ChosenGroups, -1).indices, 1);
            choice = grouped.masked_fill(kept.logical_not().unsqueeze(-1), double.NegativeInfinity).view(choice.shape);
        }
        return choice.topk(kind.TopK, -1).indices;
    }
}
