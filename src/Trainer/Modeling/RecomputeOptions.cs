namespace Ckpt.Trainer.Modeling;

/// <summary>What the backward pass computes anew instead of keeping it.</summary>
public sealed record RecomputeOptions
{
    /// <summary>Nothing, attention's scores, or layers.</summary>
    public RecomputeGranularity Granularity { get; init; }

    /// <summary>Which layers, where it is layers.</summary>
    public RecomputeMethod Method { get; init; }

    /// <summary>Uniform: layers that are recomputed together. Block: how many, from the first.</summary>
    public int Layers { get; init; } = 1;
}
