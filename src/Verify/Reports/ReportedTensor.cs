using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Reports;

/// <summary>How a tensor of both checkpoints compares.</summary>
public enum TensorState
{
    /// <summary>Every bit is equal.</summary>
    Same,

    /// <summary>The values are equal, the types differ.</summary>
    OtherType,

    /// <summary>Every element is as close as the criteria ask.</summary>
    Close,

    /// <summary>Elements differ.</summary>
    Different,

    /// <summary>The shapes differ, or elements are no numbers of both.</summary>
    OtherForm,
}

/// <summary>One of the elements furthest apart, by its place in each checkpoint's own names; null where it is padding there.</summary>
public readonly record struct ReportedElement(string? PlaceA, string? PlaceB, double A, double B);

/// <summary>A tensor that both checkpoints have.</summary>
public sealed record ReportedTensor
{
    /// <summary>Its common name.</summary>
    public required string Name { get; init; }

    /// <summary>Type and shape in the first.</summary>
    public required string FormA { get; init; }

    /// <summary>Type and shape in the second.</summary>
    public required string FormB { get; init; }

    /// <summary>Elements.</summary>
    public required long Elements { get; init; }

    /// <summary>How it compares.</summary>
    public required TensorState State { get; init; }

    /// <summary>How many elements differ.</summary>
    public long Different { get; init; }

    /// <summary>By how much; null where it is the same, or this was not measured.</summary>
    public DifferenceStatistics? Statistics { get; init; }

    /// <summary>Why, where one cause explains all of it.</summary>
    public string? Cause { get; init; }

    /// <summary>The elements furthest apart, the worst first.</summary>
    public IReadOnlyList<ReportedElement> Worst { get; init; } = [];

    /// <summary>The mean distance: zero where it is the same, infinite where one side has numbers and the other none, null where it was not measured.</summary>
    public double? MeanDiff => State == TensorState.Same ? 0
        : Statistics is { } s && (s.NaNMismatches > 0 || s.InfinitiesA != s.InfinitiesB) ? double.PositiveInfinity : Statistics?.MeanDiff;
}
