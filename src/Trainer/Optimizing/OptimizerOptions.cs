namespace Ckpt.Trainer.Optimizing;

/// <summary>An optimizer's numbers; defaults are Megatron-SWIFT's.</summary>
public sealed record OptimizerOptions
{
    public OptimizerKind Kind { get; init; }

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.95;

    public double Epsilon { get; init; } = 1e-8;

    public double Momentum { get; init; } = 0.9;

    /// <summary>The largest norm of all gradients together; 0: any.</summary>
    public double ClipGradient { get; init; } = 1;

    public GradientReduction Reduction { get; init; }

    /// <summary>Whether ranks with data of their own share the state (ZeRO-1), or each has all of it.</summary>
    public bool IsDistributed { get; init; } = true;
}
