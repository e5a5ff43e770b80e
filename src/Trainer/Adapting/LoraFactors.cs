using Ckpt.Trainer.Modeling;

namespace Ckpt.Trainer.Adapting;

/// <summary>One A and one B of a module.</summary>
/// <param name="A">[rank, inputs].</param>
/// <param name="B">[outputs, rank].</param>
/// <param name="Scale">What their product is multiplied by.</param>
/// <param name="First">The first output they are of, in each group of outputs.</param>
/// <param name="Rows">Outputs in each group.</param>
sealed record LoraFactors(Parameter A, Parameter B, float Scale, long First, long Rows);
