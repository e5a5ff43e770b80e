namespace Ckpt.Trainer.Optimizing;

/// <summary>How parameters follow their gradients.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decay of its own (AdamW).</summary>
    Adam,

    /// <summary>Gradient descent with momentum; decay is part of the gradient.</summary>
    Sgd,
}
