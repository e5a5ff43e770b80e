namespace Ckpt.Models.Megatron.State;

/// <summary>What is kept of a group of parameters that an optimizer treats alike.</summary>
public sealed record ParamGroupState
{
    /// <summary>The learning rate at the time.</summary>
    public double Lr { get; init; }

    /// <summary>Adam's first beta.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's second beta.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Adam's epsilon.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>The weight decay at the time.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Steps done, which the bias correction counts.</summary>
    public long Step { get; init; }

    /// <summary>What the schedule's weight decay is multiplied by: 0 for biases and norms.</summary>
    public double WeightDecayFactor { get; init; } = 1;

    /// <summary>What the schedule's learning rate is multiplied by.</summary>
    public double LrFactor { get; init; } = 1;

    /// <summary>The schedule's highest learning rate.</summary>
    public double? MaxLr { get; init; }

    /// <summary>The schedule's lowest learning rate.</summary>
    public double? MinLr { get; init; }
}
