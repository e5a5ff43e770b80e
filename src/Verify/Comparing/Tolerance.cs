namespace Ckpt.Verify.Comparing;

/// <summary>How far two values may be apart and count as the same: at most <c>Absolute + Relative · |b|</c>, as <c>numpy.allclose</c> has it.</summary>
/// <param name="Relative">Of the second value's size.</param>
/// <param name="Absolute">Besides.</param>
public readonly record struct Tolerance(double Relative, double Absolute)
{
    /// <summary>Whether two values count as the same; two NaNs do.</summary>
    public bool Allows(double a, double b) => a.Equals(b) || (double.IsNaN(a) && double.IsNaN(b)) || (double.IsFinite(a) && double.IsFinite(b) && Math.Abs(a - b) <= Absolute + (Relative * Math.Abs(b)));
}
