namespace Ckpt.Models.Megatron.State;

/// <summary>How optimizer state is to be written.</summary>
public enum OptimizerTarget
{
    /// <summary><c>fully_reshardable</c>, which the distributed optimizer of core 0.15 and later loads under any layout.</summary>
    FullyReshardable,

    /// <summary>The names of an optimizer that is not distributed, which every core since 0.5 loads under any layout.</summary>
    NonDistributed,

    /// <summary>Not at all.</summary>
    Dropped,
}
