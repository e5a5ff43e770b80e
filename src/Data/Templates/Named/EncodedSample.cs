namespace Ckpt.Data.Templates.Named;

/// <summary>A sample as tokens.</summary>
/// <param name="InputIds">The tokens.</param>
/// <param name="Labels">The same, or −100 where there is no loss; not shifted. Null outside training.</param>
/// <param name="Weights">A weight for each token, where some are neither 0 nor 1.</param>
public sealed record EncodedSample(int[] InputIds, int[]? Labels, double[]? Weights)
{
    /// <summary>The label of a token without a loss.</summary>
    public const int NoLabel = -100;
}
