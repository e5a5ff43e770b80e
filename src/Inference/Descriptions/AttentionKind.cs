using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>Attention with query, key and value projections.</summary>
public sealed record AttentionKind
{
    public required WeightMatrix Query { get; init; }

    public required WeightMatrix Key { get; init; }

    public required WeightMatrix Value { get; init; }

    public required WeightMatrix Output { get; init; }

    public required int Heads { get; init; }

    /// <summary>Heads of keys and values.</summary>
    public required int Groups { get; init; }

    public required int HeadDim { get; init; }

    /// <summary>What products of queries and keys are multiplied by.</summary>
    public required float Scale { get; init; }

    /// <summary>Positions a query sees, its own included; null: all before it.</summary>
    public long? Window { get; init; }

    /// <summary>Positions in a chunk, of which a query sees none but those of its own; null: there are no chunks.</summary>
    public long? Chunk { get; init; }

    /// <summary>How queries are scaled by their position; null: they are not.</summary>
    public PositionScale? PositionScale { get; init; }

    /// <summary>What scores are held between.</summary>
    public float? ScoreCap { get; init; }

    /// <summary>What values, and queries and keys behind their norms, are held between.</summary>
    public float? Clip { get; init; }

    public HeadNorm Norm { get; init; }

    public string? QueryNorm { get; init; }

    public string? KeyNorm { get; init; }

    /// <summary>One logit a head, which takes part in the softmax and nothing else.</summary>
    public string? Sinks { get; init; }

    /// <summary>Whether each head's query is followed by a gate of the head's output.</summary>
    public bool IsGated { get; init; }

    /// <summary>Null in layers without rotary embedding.</summary>
    public RotaryKind? Rotary { get; init; }
}
