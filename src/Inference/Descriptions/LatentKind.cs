using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>Multi-latent attention.</summary>
public sealed record LatentKind
{
    /// <summary>To the latent of queries; null where queries are projected at once.</summary>
    public WeightMatrix? QueryDown { get; init; }

    public string? QueryNorm { get; init; }

    /// <summary>To all heads' queries.</summary>
    public required WeightMatrix Query { get; init; }

    /// <summary>To the latent of keys and values and the key that all heads share.</summary>
    public required WeightMatrix Down { get; init; }

    public required string KvNorm { get; init; }

    /// <summary>From the latent to all heads' keys and values.</summary>
    public required WeightMatrix Up { get; init; }

    public required WeightMatrix Output { get; init; }

    public required int Heads { get; init; }

    public required int KvLora { get; init; }

    public required int Nope { get; init; }

    public required int Rope { get; init; }

    public required int Value { get; init; }

    public required float Scale { get; init; }

    public required RotaryKind Rotary { get; init; }
}
