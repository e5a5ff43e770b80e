namespace Ckpt.Trainer.Optimizing;

/// <summary>What becomes of the gradients of ranks with data of their own.</summary>
public enum GradientReduction
{
    /// <summary>Their sum: losses are already parts of the global batch's.</summary>
    Sum,

    /// <summary>Their mean.</summary>
    Mean,
}
