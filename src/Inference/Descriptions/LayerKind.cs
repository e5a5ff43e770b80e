namespace Ckpt.Inference.Descriptions;

/// <summary>A decoder layer: one of three attentions, one of two feed-forward layers, and the norms around them (null where there is none).</summary>
sealed record LayerKind
{
    internal AttentionKind? Attention { get; init; }

    internal LatentKind? Latent { get; init; }

    internal DeltaNetKind? DeltaNet { get; init; }

    internal MlpKind? Mlp { get; init; }

    internal ExpertsKind? Experts { get; init; }

    internal string? AttentionNorm { get; init; }

    internal string? AfterAttention { get; init; }

    internal string? MlpNorm { get; init; }

    internal string? AfterMlp { get; init; }
}
