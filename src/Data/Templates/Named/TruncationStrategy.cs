namespace Ckpt.Data.Templates.Named;

/// <summary>What becomes of a sample that is too long.</summary>
public enum TruncationStrategy
{
    /// <summary>It is left out; ms-swift's <c>raise</c> inside, <c>delete</c> on its command line.</summary>
    Delete,

    /// <summary>Its beginning is cut off.</summary>
    Left,

    /// <summary>Its end is cut off.</summary>
    Right,

    /// <summary>It becomes several samples.</summary>
    Split,
}
