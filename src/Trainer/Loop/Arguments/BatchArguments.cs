using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>How tokens become batches, and how many.</summary>
public sealed record BatchArguments
{
    public int MicroBatch { get; init; } = 1;

    public int GlobalBatch { get; init; } = 16;

    /// <summary>How long the run is, and when it saves and evaluates.</summary>
    public required IterationWish Wish { get; init; }

    public bool PaddingFree { get; init; } = true;

    public bool Packing { get; init; }

    /// <summary>Tokens of a pack; null for the most of a row.</summary>
    public int? PackingLength { get; init; }

    public PackingStrategy PackingStrategy { get; init; } = PackingStrategy.BinPack;

    public SamplerOptions Sampler { get; init; } = new();

    public bool PerTokenLoss { get; init; } = true;

    /// <summary>Whether each token's loss is weighed by its probability (dynamic fine-tuning).</summary>
    public bool DynamicLoss { get; init; }

    /// <summary>Layers that are computed anew in the backward pass: none, selective, full.</summary>
    public string Recompute { get; init; } = "selective";

    /// <summary><c>uniform</c> or <c>block</c>, with full.</summary>
    public string? RecomputeMethod { get; init; }

    public int RecomputeLayers { get; init; } = 1;

    public double AuxiliaryLoss { get; init; }

    public double RouterLogitLoss { get; init; }

    public double AttentionDropout { get; init; }

    public double HiddenDropout { get; init; }

    public long Seed { get; init; } = 42;
}
