using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>Attention with query, key and value projections.</summary>
sealed record AttentionKind
{
    internal required WeightMatrix Query { get; init; }

    internal required WeightMatrix Key { get; init; }

    internal required WeightMatrix Value { get; init; }

    internal required WeightMatrix Output { get; init; }

    internal required int Heads { get; init; }

    /// <summary>Heads of keys and values.</summary>
    internal required int Groups { get; init; }

    internal required int HeadDim { get; init; }

    /// <summary>What products of queries and keys are multiplied by.</summary>
    internal required float Scale { get; init; }

    /// <summary>Positions a query sees, its own included; null: all before it.</summary>
    internal long? Window { get; init; }

    /// <summary>Positions in a chunk, of which a query sees none but those of its own; null: there are no chunks.</summary>
    internal long? Chunk { get; init; }

    /// <summary>How queries are scaled by their position; null: they are not.</summary>
    internal PositionScale? PositionScale { get; init; }

    /// <summary>What scores are held between.</summary>
    internal float? ScoreCap { get; init; }

    /// <summary>What values, and queries and keys behind their norms, are held between.</summary>
    internal float? Clip { get; init; }

    internal HeadNorm Norm { get; init; }

    internal string? QueryNorm { get; init; }

    internal string? KeyNorm { get; init; }

    /// <summary>One logit a head, which takes part in the softmax and nothing else.</summary>
    internal string? Sinks { get; init; }

    /// <summary>Whether each head's query is followed by a gate of the head's output.</summary>
    internal bool IsGated { get; init; }

    /// <summary>Null in layers without rotary embedding.</summary>
    internal RotaryKind? Rotary { get; init; }
}
