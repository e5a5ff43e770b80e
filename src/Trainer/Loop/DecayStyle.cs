namespace Ckpt.Trainer.Loop;

/// <summary>How the learning rate falls after the warm-up (Megatron's <c>lr_decay_style</c>).</summary>
public enum DecayStyle
{
    Constant, Linear, Cosine, InverseSquareRoot,

    /// <summary>Constant, then down over the last part: warm-up, stable, decay.</summary>
    Wsd,
}
