using Ckpt.Torch;

namespace Ckpt.Trainer.Modeling.Layers;

/// <summary>A decoder layer: attention, then a feed-forward layer, each added to what comes in.</summary>
sealed class DecoderLayer
{
    internal NormLayer? AttentionNorm { get; init; }

    internal required Func<Pass, Tensor, Tensor> Attention { get; init; }

    internal NormLayer? AfterAttention { get; init; }

    internal NormLayer? MlpNorm { get; init; }

    internal MlpLayer? Mlp { get; init; }

    internal Parameter? MlpBias { get; init; }

    internal ExpertsLayer? Experts { get; init; }

    internal NormLayer? AfterMlp { get; init; }

    internal required float ResidualScale { get; init; }

    internal required double Dropout { get; init; }

    internal Tensor Forward(Pass pass, Tensor rows)
    {
        rows = Added(pass, rows, Normal(AfterAttention, Attention(pass, Normal(AttentionNorm, rows))));
        return Added(pass, rows, Normal(AfterMlp, Feed(pass, Normal(MlpNorm, rows))));
    }

    Tensor Feed(Pass pass, Tensor rows)
    {
        if (Experts is not null) { return Experts.Forward(pass, rows); }
        var output = pass.Regions.Leave(Mlp!.Forward(pass, pass.Regions.Enter(rows)));
        return MlpBias is null ? output : output.add_(MlpBias.Value);
    }

    // What is added is a tensor of its own, which no gradient needs: the sum takes its place.
    Tensor Added(Pass pass, Tensor rows, Tensor part)
    {
        part = pass.DropRows(part, Dropout);
        return ResidualScale == 1 ? part.add_(rows) : rows.add(part, ResidualScale);
    }

    static Tensor Normal(NormLayer? norm, Tensor rows) => norm is null ? rows : norm.Forward(rows);
}
