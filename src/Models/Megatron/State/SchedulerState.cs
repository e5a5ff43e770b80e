namespace Ckpt.Models.Megatron.State;

/// <summary>What Megatron keeps of its learning rate's schedule (<c>opt_param_scheduler</c>); steps are samples.</summary>
public sealed record SchedulerState
{
    /// <summary><c>max_lr</c>.</summary>
    public double MaxLr { get; init; }

    /// <summary><c>min_lr</c>.</summary>
    public double MinLr { get; init; }

    /// <summary><c>lr_warmup_steps</c>.</summary>
    public long WarmupSteps { get; init; }

    /// <summary><c>lr_decay_steps</c>.</summary>
    public long DecaySteps { get; init; }

    /// <summary><c>lr_decay_style</c>: <c>cosine</c>, <c>linear</c>, …</summary>
    public string DecayStyle { get; init; } = "cosine";

    /// <summary><c>num_steps</c>: how far it is.</summary>
    public long Steps { get; init; }

    /// <summary><c>start_wd</c>.</summary>
    public double StartWeightDecay { get; init; }

    /// <summary><c>end_wd</c>.</summary>
    public double EndWeightDecay { get; init; }

    /// <summary><c>wd_incr_style</c>.</summary>
    public string WeightDecayStyle { get; init; } = "constant";

    /// <summary><c>wd_incr_steps</c>.</summary>
    public long WeightDecaySteps { get; init; }
}
