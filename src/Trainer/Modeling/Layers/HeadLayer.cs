using Ckpt.Torch;
using Ckpt.Trainer.Modeling.Functions;
using Ckpt.Trainer.Modeling.Kernels;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>The head, whose rows tensor-parallel ranks share as they do those of the embedding; and the loss.</summary>
sealed class HeadLayer(LinearLayer head, int vocabulary, float scale, float? cap)
{
    // Rows without a label are left out where they are so many that it pays to copy the others.
    const double MostCounted = 0.9;

    /// <summary>This rank's first token.</summary>
    internal required long First { get; init; }

    /// <summary>Rows of the head on this rank that are of tokens: those behind pad the vocabulary.</summary>
    internal required long Tokens { get; init; }

    /// <summary>The loss of every row, in float32; 0 where the label is negative.</summary>
    internal Tensor Loss(Pass pass, Tensor rows, long[] labels)
    {
        var inside = pass.Regions.Enter(rows);
        var counted = Counted(labels);
        if (counted.Length == 0 || counted.Length > labels.Length * MostCounted) { return Losses(pass, inside, labels); }
        var gather = new RowGather(counted, labels.Length);
        var some = Losses(pass, autograd.Apply(new RowGatherFunction(gather), inside)[0], Array.ConvertAll(counted, row => labels[row]));
        return zeros([labels.Length], some.dtype).index_copy(0, tensor(Array.ConvertAll(counted, static row => (long)row)), some);
    }

    /// <summary>All logits of every row.</summary>
    internal Tensor Logits(Pass pass, Tensor rows)
    {
        var mine = head.Forward(pass, pass.Regions.Enter(rows));
        return Held(pass.Regions.Size == 1 ? mine : pass.Regions.GatherColumns(mine)).narrow(1, 0, vocabulary);
    }

    Tensor Losses(Pass pass, Tensor rows, long[] labels)
    {
        var logits = Held(head.Forward(pass, rows));
        if (logits.size(1) != Tokens) { logits = logits.narrow(1, 0, Tokens); }
        logits = logits.to(ScalarType.Float32);
        return pass.Regions.Size == 1
            ? nn.functional.cross_entropy(logits, tensor(labels), reduction: "none")
            : autograd.Apply(new VocabularyLossFunction(pass.Regions, labels, First), logits)[0];
    }

    Tensor Held(Tensor logits)
    {
        if (scale != 1) { logits = logits.mul(scale); }
        return cap is { } limit ? logits.div(limit).tanh().mul(limit) : logits;
    }

    static int[] Counted(long[] labels)
    {
        var counted = new List<int>(labels.Length);
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] >= 0) { counted.Add(i); }
        }
        return [.. counted];
    }
}
