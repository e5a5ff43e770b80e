using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>A gated delta net.</summary>
sealed record DeltaNetKind
{
    /// <summary>Queries, keys and values, and where they are one tensor the output gates, too.</summary>
    internal required WeightMatrix Mixed { get; init; }

    /// <summary>Output gates, where they are a tensor of their own; <see cref="Mixed"/> is then ordered by part, else by key head.</summary>
    internal WeightMatrix? Gate { get; init; }

    /// <summary>Write strengths, and where they are one tensor the decays, by key head.</summary>
    internal required WeightMatrix Beta { get; init; }

    /// <summary>Decays, where they are a tensor of their own.</summary>
    internal WeightMatrix? Decay { get; init; }

    internal required WeightMatrix Convolution { get; init; }

    internal required string DecayLog { get; init; }

    internal required string DecayBias { get; init; }

    internal required string Norm { get; init; }

    internal required WeightMatrix Output { get; init; }

    internal required int KeyHeads { get; init; }

    internal required int ValueHeads { get; init; }

    internal required int KeyDim { get; init; }

    internal required int ValueDim { get; init; }

    internal int ConvWidth => (2 * KeyHeads * KeyDim) + (ValueHeads * ValueDim);
}
