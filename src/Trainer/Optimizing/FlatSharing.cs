namespace Ckpt.Trainer.Optimizing;

/// <summary>What the other tensor-parallel ranks have of a parameter.</summary>
enum FlatSharing
{
    /// <summary>Other parts of it.</summary>
    Own,

    /// <summary>The same, with the same gradient.</summary>
    Same,

    /// <summary>The same, with other parts of its gradient.</summary>
    SameInParts,
}
