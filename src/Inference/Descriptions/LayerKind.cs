namespace Ckpt.Inference.Descriptions;

/// <summary>A decoder layer: one of three attentions, one of two feed-forward layers, and the norms around them (null where there is none).</summary>
public sealed record LayerKind
{
    public AttentionKind? Attention { get; init; }

    public LatentKind? Latent { get; init; }

    public DeltaNetKind? DeltaNet { get; init; }

    public MlpKind? Mlp { get; init; }

    public ExpertsKind? Experts { get; init; }

    public string? AttentionNorm { get; init; }

    public string? AfterAttention { get; init; }

    public string? MlpNorm { get; init; }

    public string? AfterMlp { get; init; }
}
