using Ckpt.Torch;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Functions;

/// <summary>
/// Cross entropy of rows whose logits tensor-parallel ranks share: of (this rank's logits in float32). Source: Megatron-core
/// `vocab_parallel_cross_entropy`.
/// </summary>
/// <param name="regions">The ranks.</param>
/// <param name="labels">A row's token; negative: the row's loss is 0.</param>
/// <param name="first">This rank's first token.</param>
sealed class VocabularyLossFunction(TensorRegions regions, long[] labels, long first) : IAutogradFunction
{
    public Tensor[] Forward(AutogradContext context, Tensor[] inputs)
    {
        var logits = inputs[0];
        var width = logits.size(1);
        var largest = regions.Largest(logits.amax([1], keepdim: true));
        var shifted = logits - largest;
        var (index, mine) = Mine(width);
        var wanted = regions.Sum(shifted.gather(1, index).squeeze(1).mul_(mine));
        var parts = shifted.exp_();
        var sums = regions.Sum(parts.sum([1], keepdim: true));
        parts.div_(sums);
        var counted = Counted();
        context.Save(parts, index, mine, counted);
        return [sums.log().squeeze(1).sub_(wanted).mul_(counted)];
    }

    public Tensor?[] Backward(AutogradContext context, Tensor?[] gradients)
    {
        var (parts, index, mine) = (context.Saved[0]!, context.Saved[1]!, context.Saved[2]!);
        var each = gradients[0]!.mul(context.Saved[3]!);
        return [parts.mul(each.unsqueeze(1)).scatter_add_(1, index, each.mul(mine).neg().unsqueeze(1))];
    }

    (Tensor Index, Tensor Mine) Mine(long width)
    {
        var (index, mine) = (new long[labels.Length], new float[labels.Length]);
        for (var i = 0; i < labels.Length; i++)
        {
            var at = labels[i] - first;
            if (labels[i] >= 0 && at >= 0 && at < width) { (index[i], mine[i]) = (at, 1); }
        }
        return (tensor(index).unsqueeze(1), tensor(mine));
    }

    Tensor Counted() => tensor(Array.ConvertAll(labels, static label => label < 0 ? 0f : 1f));
}
