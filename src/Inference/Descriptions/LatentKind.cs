using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>Multi-latent attention.</summary>
sealed record LatentKind
{
    /// <summary>To the latent of queries; null where queries are projected at once.</summary>
    internal WeightMatrix? QueryDown { get; init; }

    internal string? QueryNorm { get; init; }

    /// <summary>To all heads' queries.</summary>
    internal required WeightMatrix Query { get; init; }

    /// <summary>To the latent of keys and values and the key that all heads share.</summary>
    internal required WeightMatrix Down { get; init; }

    internal required string KvNorm { get; init; }

    /// <summary>From the latent to all heads' keys and values.</summary>
    internal required WeightMatrix Up { get; init; }

    internal required WeightMatrix Output { get; init; }

    internal required int Heads { get; init; }

    internal required int KvLora { get; init; }

    internal required int Nope { get; init; }

    internal required int Rope { get; init; }

    internal required int Value { get; init; }

    internal required float Scale { get; init; }

    internal required RotaryKind Rotary { get; init; }
}
