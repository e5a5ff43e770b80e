using Ckpt.Inference.Weights;

namespace Ckpt.Inference.Descriptions;

/// <summary>How a token's experts are chosen and weighed.</summary>
public sealed record RouterKind
{
    public required WeightMatrix Weight { get; init; }

    /// <summary>Added to the scores when experts are chosen, not when they are weighed.</summary>
    public string? ChoiceBias { get; init; }

    public required int Experts { get; init; }

    public required int TopK { get; init; }

    /// <summary>Sigmoids in place of a softmax.</summary>
    public bool IsSigmoid { get; init; }

    /// <summary>The softmax is over the chosen only.</summary>
    public bool IsSoftMaxOfChosen { get; init; }

    /// <summary>How far below the best, as a part of the larger of both, a score may lie to count beside it, for SparseMixer's choice of two; null: another choice.</summary>
    public float? MixerReach { get; init; }

    /// <summary>Groups of experts, of which <see cref="ChosenGroups"/> may give any.</summary>
    public int Groups { get; init; } = 1;

    public int ChosenGroups { get; init; } = 1;

    /// <summary>A group counts what its two best score together; else its best.</summary>
    public bool AreGroupsPaired { get; init; }

    /// <summary>The chosen's weights are made to sum to one.</summary>
    public bool IsNormalised { get; init; }

    /// <summary>The smallest sum they are divided by.</summary>
    public float LeastSum { get; init; } = 1e-20f;

    public float Scale { get; init; } = 1;
}
