namespace Ckpt.Trainer.Loop;

/// <summary>How the last part of warm-up, stable, decay falls (<c>lr_wsd_decay_style</c>).</summary>
public enum WsdStyle
{
    Exponential, Linear, Cosine, MinusSquareRoot,
}
