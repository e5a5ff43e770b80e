using Ckpt.Torch;
using Ckpt.Trainer.Modeling;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Adapting;

/// <summary>The adapter of a linear module: what is added to its outputs.</summary>
/// <param name="parts">Factors; one pair for all outputs, or one for each projection that is adapted.</param>
/// <param name="groups">Groups that outputs consist of, each of which has rows of every part.</param>
/// <param name="dropout">Of inputs.</param>
sealed class LoraModule(IReadOnlyList<LoraFactors> parts, int groups, double dropout)
{
    /// <summary>Adds to outputs, in place.</summary>
    internal Tensor Add(Pass pass, Tensor inputs, Tensor outputs)
    {
        if (parts.Count == 1 && parts[0].Rows * groups == outputs.shape[1])
        {
            var (a, b) = (parts[0].A.Value, parts[0].B.Value);
            var product = Dropped(pass, inputs).to(a.dtype).matmul(a.t());
            return a.dtype == outputs.dtype
                ? outputs.addmm_(product, b.t(), beta: 1, alpha: parts[0].Scale)
                : outputs.add_(product.matmul(b.t()).mul_(parts[0].Scale).to(outputs.dtype));
        }
        var (rows, width) = (outputs.shape[0], outputs.shape[1] / groups);
        var deltas = new List<Tensor>();
        var end = 0L;
        foreach (var part in parts)
        {
            if (part.First > end) { deltas.Add(zeros([rows, groups, part.First - end], outputs.dtype)); }
            var (a, b) = (part.A.Value, part.B.Value);
            deltas.Add(Dropped(pass, inputs).to(a.dtype).matmul(a.t()).mul(part.Scale).matmul(b.t()).to(outputs.dtype).view(rows, groups, part.Rows));
            end = part.First + part.Rows;
        }
        if (end < width) { deltas.Add(zeros([rows, groups, width - end], outputs.dtype)); }
        return outputs.add_(cat(deltas.ToArray(), 2).view(rows, outputs.shape[1]));
    }

    Tensor Dropped(Pass pass, Tensor inputs) => pass.Drop(inputs, dropout);
}
