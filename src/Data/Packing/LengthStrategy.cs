namespace Ckpt.Data.Packing;

/// <summary>What becomes of a sample that is too long (Megatron-SWIFT's <c>truncation_strategy</c>).</summary>
public enum LengthStrategy
{
    /// <summary>It is left out.</summary>
    Delete,

    /// <summary>Its beginning is cut off.</summary>
    Left,

    /// <summary>Its end is cut off.</summary>
    Right,

    /// <summary>It becomes several; for running text.</summary>
    Split,
}
