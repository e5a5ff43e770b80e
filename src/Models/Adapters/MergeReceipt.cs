namespace Ckpt.Models.Adapters;

/// <summary>What a merge did to one weight. All numbers are the same on any machine and any number of threads.</summary>
/// <param name="Name">The weight, by its Hugging Face name.</param>
/// <param name="Elements">Elements of it that adapters may have changed.</param>
/// <param name="ChangeNorm">The norm of the change, as computed in float32 before rounding.</param>
/// <param name="BaseNorm">The norm of the base.</param>
/// <param name="LostNorm">The norm of what rounding to the written type took away.</param>
/// <param name="MaxSteps">The largest change, in steps of the written type.</param>
/// <param name="Unchanged">Elements that have the base's value after rounding.</param>
/// <param name="Restored">Elements for which the written value less the change, rounded, is the base bit for bit.</param>
public sealed record MergeReceipt(string Name, long Elements, double ChangeNorm, double BaseNorm, double LostNorm, long MaxSteps, long Unchanged, long Restored)
{
    /// <summary>The norm of the change over that of the base.</summary>
    public double RelativeChange => BaseNorm > 0 ? ChangeNorm / BaseNorm : 0;

    /// <summary>The share of the change that rounding took away.</summary>
    public double LostShare => ChangeNorm > 0 ? LostNorm / ChangeNorm : 0;

    /// <summary>This and another part of the same weight.</summary>
    internal MergeReceipt With(MergeReceipt other) => new(
        Name, Elements + other.Elements, Together(ChangeNorm, other.ChangeNorm), Together(BaseNorm, other.BaseNorm), Together(LostNorm, other.LostNorm),
        Math.Max(MaxSteps, other.MaxSteps), Unchanged + other.Unchanged, Restored + other.Restored);

    static double Together(double a, double b) => Math.Sqrt((a * a) + (b * b));
}
