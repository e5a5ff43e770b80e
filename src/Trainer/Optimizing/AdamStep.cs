namespace Ckpt.Trainer.Optimizing;

/// <summary>The numbers of one step of Adam.</summary>
/// <param name="Keep">1 − learning rate × decay.</param>
/// <param name="Rate">Learning rate over the first bias correction.</param>
/// <param name="Root">The root of the second bias correction.</param>
/// <param name="Beta1">The part of the mean that stays.</param>
/// <param name="Beta2">The part of the mean of squares that stays.</param>
/// <param name="Epsilon">Added to the root.</param>
/// <param name="Scale">What gradients are multiplied by.</param>
readonly record struct AdamStep(float Keep, float Rate, float Root, float Beta1, float Beta2, float Epsilon, float Scale)
{
    internal static AdamStep Of(OptimizerOptions options, long step, double rate, double decay, double scale) => new(
        (float)(1 - (rate * decay)), (float)(rate / (1 - Math.Pow(options.Beta1, step))), (float)Math.Sqrt(1 - Math.Pow(options.Beta2, step)),
        (float)options.Beta1, (float)options.Beta2, (float)options.Epsilon, (float)scale);
}
