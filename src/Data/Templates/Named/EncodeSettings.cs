namespace Ckpt.Data.Templates.Named;

/// <summary>How samples are written with a named template.</summary>
public sealed record EncodeSettings
{
    /// <summary>Whether answers are trained on; else the last one stays open.</summary>
    public bool IsTraining { get; init; } = true;

    /// <summary>Weights of answers and their parts.</summary>
    public LossScale LossScale { get; init; } = LossScale.Default;

    /// <summary>In place of the template's own system text.</summary>
    public string? DefaultSystem { get; init; }

    /// <summary>Whether an open answer shall think; null for the template's own way.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>Whether answers without a thought get the template's empty one.</summary>
    public bool AddNonThinkingPrefix { get; init; } = true;

    /// <summary>What opens an answer, in place of the template's own.</summary>
    public string? ResponsePrefix { get; init; }

    /// <summary>False for plain text: no turns, no system, no thoughts.</summary>
    public bool UseChatTemplate { get; init; } = true;

    /// <summary>The most tokens of a sample; null for any number.</summary>
    public int? MaxLength { get; init; }

    /// <summary>What becomes of longer ones.</summary>
    public TruncationStrategy Truncation { get; init; } = TruncationStrategy.Delete;
}
