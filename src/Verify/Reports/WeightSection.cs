using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Reports;

/// <summary>How the weights of two checkpoints compare, tensor by tensor.</summary>
public sealed record WeightSection
{
    /// <summary>Bytes compared bit for bit.</summary>
    public required long Bytes { get; init; }

    /// <summary>Every tensor both have, those that are the same among them.</summary>
    public required IReadOnlyList<ReportedTensor> Tensors { get; init; }

    /// <summary>Names the second lacks.</summary>
    public IReadOnlyList<string> OnlyInA { get; init; } = [];

    /// <summary>Names the first lacks.</summary>
    public IReadOnlyList<string> OnlyInB { get; init; } = [];

    /// <summary>Tensors both have under different names.</summary>
    public IReadOnlyList<RenamedTensor> Renamed { get; init; } = [];

    /// <summary>The criteria that elements had to meet; null where none were given.</summary>
    public Tolerance? Criteria { get; init; }

    /// <summary>Tensors that are not the same bit for bit, the largest mean distance first, then by name; those that were not measured lead.</summary>
    public IReadOnlyList<ReportedTensor> Worst =>
        [.. Tensors.Where(static tensor => tensor.State != TensorState.Same).OrderByDescending(static tensor => tensor.MeanDiff ?? double.PositiveInfinity).ThenBy(static tensor => tensor.Name, StringComparer.Ordinal)];

    /// <summary>Of a comparison.</summary>
    /// <param name="a">The first side, as it was compared.</param>
    /// <param name="b">The second.</param>
    /// <param name="report">What was found.</param>
    /// <param name="criteria">The criteria, where some were given.</param>
    public static WeightSection Of(LogicalSide a, LogicalSide b, WeightReport report, Tolerance? criteria)
    {
        var different = report.Tensors.ToDictionary(static tensor => tensor.A.Name, StringComparer.Ordinal);
        var counts = report.Found.Bits.Differences.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Elements, StringComparer.Ordinal);
        var inB = b.Named.Tensors.Select(static tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var tensors = new List<ReportedTensor>();
        foreach (var tensor in a.Named.Tensors)
        {
            if (!inB.Contains(tensor.Name)) { continue; }
            tensors.Add(different.TryGetValue(tensor.Name, out var found) ? Compared(report, found, counts.GetValueOrDefault(tensor.Name), criteria is not null) : Same(tensor.Name, tensor.DType, tensor.Shape));
        }
        return new WeightSection
        {
            Bytes = report.Found.Bits.Bytes,
            Tensors = tensors,
            OnlyInA = report.Found.OnlyInA,
            OnlyInB = report.Found.OnlyInB,
            Renamed = report.Renamed,
            Criteria = criteria,
        };
    }

    /// <summary>Of what was written and read back, where every bit is equal.</summary>
    public static WeightSection OfEqual(IReadOnlyList<TensorTarget> tensors, ComparisonReport found) =>
        new() { Bytes = found.Bytes, Tensors = [.. tensors.Select(static tensor => Same(tensor.Name, tensor.DType, tensor.Shape))] };

    static ReportedTensor Same(string name, DType dtype, Shape shape) => new()
    {
        Name = name,
        FormA = Form(dtype, shape),
        FormB = Form(dtype, shape),
        Elements = shape.Count,
        State = TensorState.Same,
    };

    static ReportedTensor Compared(WeightReport report, TensorComparison found, long differing, bool hasCriteria) => new()
    {
        Name = found.A.Name,
        FormA = Form(found.A.DType, found.A.Shape),
        FormB = Form(found.B.DType, found.B.Shape),
        Elements = found.A.Shape.Count,
        State = found.OnlyTypesDiffer ? TensorState.OtherType
            : found.Statistics is null ? TensorState.OtherForm
            : hasCriteria && found.IsWithin ? TensorState.Close : TensorState.Different,
        Different = found.Statistics?.Different ?? differing,
        Statistics = found.Statistics,
        Cause = found.Diagnosis?.Text,
        Worst = [.. (found.Statistics?.Worst ?? []).Select(worst => new ReportedElement(report.InA(found, worst.Element)?.ToString(), report.InB(found, worst.Element)?.ToString(), worst.A, worst.B))],
    };

    static string Form(DType dtype, Shape shape) => $"{dtype.DisplayName()} {shape}";
}
