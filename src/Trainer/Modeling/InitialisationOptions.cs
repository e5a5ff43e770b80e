namespace Ckpt.Trainer.Modeling;

/// <summary>How parameters that the source does not have begin, as Megatron-core's: the same numbers whatever the layout.</summary>
/// <param name="Deviation">Of normally distributed weights (<c>init_method_std</c>); those of layers' outputs have less, by the root of twice the layers.</param>
/// <param name="Seed">What they are drawn from.</param>
public sealed record InitialisationOptions(double Deviation = 0.02, long Seed = 42);
