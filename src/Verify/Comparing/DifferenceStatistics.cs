namespace Ckpt.Verify.Comparing;

/// <summary>Two elements of the same place that differ.</summary>
/// <param name="Element">Row-major place in the tensor.</param>
/// <param name="A">The first checkpoint's value.</param>
/// <param name="B">The second's.</param>
public readonly record struct ElementDifference(long Element, double A, double B)
{
    /// <summary>How far apart they are; infinite where one is no finite number.</summary>
    public double Distance => double.IsFinite(A) && double.IsFinite(B) ? Math.Abs(A - B) : double.PositiveInfinity;
}

/// <summary>How two tensors of one shape differ, in float64 (VFY-1.2). Sums run over the places where both values are finite.</summary>
public sealed record DifferenceStatistics
{
    /// <summary>How many of the worst elements are kept.</summary>
    public const int Kept = 10;

    /// <summary>Elements of the tensor.</summary>
    public long Elements { get; init; }

    /// <summary>Elements whose bits differ, or whose values do where the types differ.</summary>
    public long Different { get; init; }

    /// <summary>Elements further apart than the criteria allow.</summary>
    public long Outside { get; init; }

    /// <summary>The first element that differs; null where none does.</summary>
    public long? First { get; init; }

    /// <summary>The largest distance of two finite values.</summary>
    public double MaxDiff { get; init; }

    /// <summary>The mean distance.</summary>
    public double MeanDiff { get; init; }

    /// <summary>The length of the difference by the length of the first.</summary>
    public double RelativeL2 { get; init; }

    /// <summary>The cosine of the angle between both; at most 1.</summary>
    public double Cosine { get; init; }

    /// <summary>NaNs of the first.</summary>
    public long NaNsA { get; init; }

    /// <summary>NaNs of the second.</summary>
    public long NaNsB { get; init; }

    /// <summary>Infinities of the first.</summary>
    public long InfinitiesA { get; init; }

    /// <summary>Infinities of the second.</summary>
    public long InfinitiesB { get; init; }

    /// <summary>Places where exactly one of both is a NaN.</summary>
    public long NaNMismatches { get; init; }

    /// <summary>Elements that differ in exactly one bit.</summary>
    public long SingleBits { get; init; }

    /// <summary>
    /// Elements by how many values of their type lie from one to the other: none, 1, 2 to 3, 4 to 7, and so on by powers of two; null where types differ
    /// or are no floating-point types. Places with a NaN are left out.
    /// </summary>
    public IReadOnlyList<long>? Steps { get; init; }

    /// <summary>The elements furthest apart, the worst first.</summary>
    public IReadOnlyList<ElementDifference> Worst { get; init; } = [];
}
