using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>A gated delta net.</summary>
public sealed record DeltaNetKind
{
    /// <summary>Queries, keys and values, and where they are one tensor the output gates, too.</summary>
    public required WeightMatrix Mixed { get; init; }

    /// <summary>Output gates, where they are a tensor of their own; <see cref="Mixed"/> is then ordered by part, else by key head.</summary>
    public WeightMatrix? Gate { get; init; }

    /// <summary>Write strengths, and where they are one tensor the decays, by key head.</summary>
    public required WeightMatrix Beta { get; init; }

    /// <summary>Decays, where they are a tensor of their own.</summary>
    public WeightMatrix? Decay { get; init; }

    public required WeightMatrix Convolution { get; init; }

    public required string DecayLog { get; init; }

    public required string DecayBias { get; init; }

    public required string Norm { get; init; }

    public required WeightMatrix Output { get; init; }

    public required int KeyHeads { get; init; }

    public required int ValueHeads { get; init; }

    public required int KeyDim { get; init; }

    public required int ValueDim { get; init; }

    public int ConvWidth => (2 * KeyHeads * KeyDim) + (ValueHeads * ValueDim);
}
