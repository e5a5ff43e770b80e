namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Which implementation of layers a legacy checkpoint is written for.</summary>
public enum LegacyLayers
{
    /// <summary>Transformer Engine's: norms are fused into the projection behind them.</summary>
    TransformerEngine,

    /// <summary>Megatron-core's own (<c>--transformer-impl local</c>): norms have names of their own.</summary>
    Local,

    /// <summary>As <see cref="Local"/>, with MindSpeed-LLM's names, and the down projections of latent attention in one tensor.</summary>
    MindSpeed,
}
