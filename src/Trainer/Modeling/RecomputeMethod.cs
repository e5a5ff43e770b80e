namespace Ckpt.Trainer.Modeling;

/// <summary>Which layers are recomputed.</summary>
public enum RecomputeMethod
{
    /// <summary>All, so many at a time.</summary>
    Uniform,

    /// <summary>So many, from the first.</summary>
    Block,
}
