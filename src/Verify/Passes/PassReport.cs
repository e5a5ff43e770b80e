using Ckpt.Inference;

namespace Ckpt.Verify.Passes;

/// <summary>How far the hidden states of two passes are apart: 0 before the first layer, then behind each, the last behind the final norm.</summary>
/// <param name="State">Which.</param>
/// <param name="Relative">The length of the difference by the length of the first's.</param>
/// <param name="MeanDiff">The mean distance of two values.</param>
/// <param name="MaxDiff">The largest.</param>
public readonly record struct StateDifference(int State, double Relative, double MeanDiff, double MaxDiff);

/// <summary>Where two passes part: the first product or norm that makes of nearly the same something that is not.</summary>
/// <param name="Point">It; its <see cref="ForwardPoint.IsInput"/> says that its inputs part, which are made by no weight's product: in attention itself, or an activation.</param>
/// <param name="Before">How far the passes were apart before, by length.</param>
/// <param name="Relative">And there.</param>
public readonly record struct PassParting(ForwardPoint Point, double Before, double Relative);

/// <summary>The tokens that a sample's logits would choose.</summary>
/// <param name="A">By the first model.</param>
/// <param name="B">By the second.</param>
public sealed record ChosenTokens(IReadOnlyList<int> A, IReadOnlyList<int> B);

/// <summary>Distances over some of the tokens.</summary>
/// <param name="Tokens">How many.</param>
/// <param name="MeanDiff">The mean over tokens of the mean over the vocabulary.</param>
/// <param name="MaxDiff">The largest of all.</param>
/// <param name="TokenDiff">Tokens after which the two would say different ones.</param>
public sealed record LogitDistance(int Tokens, double MeanDiff, double MaxDiff, int TokenDiff);

/// <summary>What comparing two models' forward passes found, all in float64 (VER-2.1).</summary>
public sealed record PassReport
{
    /// <summary>The mean distance of logits after each token, sample after sample.</summary>
    public required IReadOnlyList<double> TokenMeanDiff { get; init; }

    /// <summary>Over all tokens.</summary>
    public required LogitDistance All { get; init; }

    /// <summary>Over those before one that is trained on; null where no sample says.</summary>
    public LogitDistance? WithLoss { get; init; }

    /// <summary>The tokens chosen, sample by sample.</summary>
    public required IReadOnlyList<ChosenTokens> Chosen { get; init; }

    /// <summary>The cosine of the angle between all logits of both; at most 1.</summary>
    public required double Cosine { get; init; }

    /// <summary>The mean over tokens of the Kullback-Leibler divergence of the second's probabilities from the first's, in nats.</summary>
    public required double Divergence { get; init; }

    /// <summary>The standard deviation of the first's logits.</summary>
    public required double Deviation { get; init; }

    /// <summary>The part of all tokens after which both would say the same.</summary>
    public double Agreement => All.Tokens == 0 ? 1 : 1 - ((double)All.TokenDiff / All.Tokens);

    /// <summary>State by state.</summary>
    public required IReadOnlyList<StateDifference> States { get; init; }

    /// <summary>Where they part; null where they are the same to the last bit, or what a layer computes does not fit the memory.</summary>
    public PassParting? Parting { get; init; }

    /// <summary>Tokens of the smaller of two vocabularies, over which logits are compared.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Whether every logit is the same.</summary>
    public bool IsEqual => All is { MeanDiff: 0, MaxDiff: 0 };
}
