using Ckpt.Sharding.Views;
using Ckpt.Verify.Diagnosing;

namespace Ckpt.Verify.SelfTesting;

/// <summary>An error that conversions have been known to make, planted in what is read of a model.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Place">Where it is planted.</param>
/// <param name="Views">The tensors that hold it.</param>
/// <param name="Hidden">What the names begin with that are left out; null: none are.</param>
/// <param name="Cause">What a diagnosis should call it; null: none does.</param>
sealed record PlantedError(string Name, string Place, IReadOnlyList<TensorView> Views, string? Hidden, DiagnosisKind? Cause)
{
    /// <summary>The names that are not what they were.</summary>
    internal IReadOnlySet<string> Touched { get; } = Views.Select(static view => view.Info.Name).ToHashSet(StringComparer.Ordinal);
}
