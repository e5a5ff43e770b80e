namespace Ckpt.Inference.Descriptions;

/// <summary>How queries and keys are normalised.</summary>
public enum HeadNorm
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Each head on its own.</summary>
    Each,

    /// <summary>All heads together.</summary>
    Wide,

    /// <summary>Each head on its own, without weights, and behind the turning.</summary>
    Plain,
}
