namespace Ckpt.Trainer.Modeling;

/// <summary>How much is recomputed.</summary>
public enum RecomputeGranularity
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Attention's scores and weights.</summary>
    Selective,

    /// <summary>Layers.</summary>
    Full,
}
