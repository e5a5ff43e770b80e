namespace Ckpt.Trainer.Optimizing;

/// <summary>What an optimizer's states are called, as torch and Megatron call them.</summary>
public static class OptimizerKinds
{
    /// <summary>A parameter's value in float32.</summary>
    public const string Value = "param";

    /// <summary>Adam's mean of gradients.</summary>
    public const string Mean = "exp_avg";

    /// <summary>Adam's mean of their squares.</summary>
    public const string Variance = "exp_avg_sq";

    /// <summary>What gradient descent follows.</summary>
    public const string Momentum = "momentum_buffer";
}
