using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Diagnosing;

namespace Ckpt.Verify.Comparing;

/// <summary>A tensor of both checkpoints that is not the same in both.</summary>
/// <param name="A">It in the first.</param>
/// <param name="B">It in the second.</param>
/// <param name="Statistics">How they differ; null where shapes do, or elements are no numbers.</param>
/// <param name="Diagnosis">Why, where a simple cause explains all of it.</param>
public sealed record TensorComparison(TensorInfo A, TensorInfo B, DifferenceStatistics? Statistics, Diagnosis? Diagnosis)
{
    /// <summary>Whether the values are equal and only the types differ.</summary>
    public bool OnlyTypesDiffer => A.DType != B.DType && Statistics is { Different: 0 };

    /// <summary>Whether every element is as close as the criteria ask.</summary>
    public bool IsWithin => Statistics is { Outside: 0 };
}

/// <summary>A tensor that both have under different names.</summary>
public readonly record struct RenamedTensor(string NameA, string NameB);

/// <summary>What comparing two checkpoints found.</summary>
/// <param name="Found">Names, forms and bits.</param>
/// <param name="Tensors">What differs, tensor by tensor, in order of names in the first.</param>
/// <param name="Renamed">Tensors that only one has by name, and the other under another.</param>
public sealed record WeightReport(CheckpointDifference Found, IReadOnlyList<TensorComparison> Tensors, IReadOnlyList<RenamedTensor> Renamed)
{
    readonly ElementPlaces? _placesA;
    readonly ElementPlaces? _placesB;

    internal WeightReport(CheckpointDifference found, IReadOnlyList<TensorComparison> tensors, IReadOnlyList<RenamedTensor> renamed, TensorMap? mapA, TensorMap? mapB)
        : this(found, tensors, renamed) => (_placesA, _placesB) = (mapA is null ? null : new ElementPlaces(mapA), mapB is null ? null : new ElementPlaces(mapB));

    /// <summary>Whether every bit is equal.</summary>
    public bool IsEqual => Found.IsEqual;

    /// <summary>Whether both have the same names and shapes, and every element is as close as the criteria ask.</summary>
    public bool IsWithin => Found.OnlyInA.Count == 0 && Found.OnlyInB.Count == 0 && Tensors.All(static tensor => tensor.IsWithin);

    /// <summary>Where an element is in the first checkpoint's own names; null where it is padding there.</summary>
    public ElementPlace? InA(TensorComparison tensor, long element) => In(_placesA, tensor.A, element);

    /// <summary>Where an element is in the second checkpoint's own names; null where it is padding there.</summary>
    public ElementPlace? InB(TensorComparison tensor, long element) => In(_placesB, tensor.B, element);

    static ElementPlace? In(ElementPlaces? places, TensorInfo tensor, long element) =>
        places is null ? ElementPlace.Of(tensor.Name, tensor.Shape, element) : places.Left(tensor.Name, element);
}
