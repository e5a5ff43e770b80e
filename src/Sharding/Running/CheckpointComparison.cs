using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;

namespace Ckpt.Sharding.Running;

/// <summary>A tensor two checkpoints have in different forms.</summary>
public readonly record struct FormDifference(string Name, DType TypeA, Shape ShapeA, DType TypeB, Shape ShapeB);

/// <summary>What comparing two checkpoints of the same names found.</summary>
/// <param name="OnlyInA">Names the second lacks.</param>
/// <param name="OnlyInB">Names the first lacks.</param>
/// <param name="Forms">Tensors of another type or shape.</param>
/// <param name="Bits">The tensors both have in one form, compared bit for bit.</param>
public sealed record CheckpointDifference(
    IReadOnlyList<string> OnlyInA, IReadOnlyList<string> OnlyInB, IReadOnlyList<FormDifference> Forms, ComparisonReport Bits)
{
    /// <summary>Whether both hold the same names, types, shapes and bits.</summary>
    public bool IsEqual => OnlyInA.Count == 0 && OnlyInB.Count == 0 && Forms.Count == 0 && Bits.IsEqual;
}

/// <summary>Compares two checkpoints of the same tensor names bit for bit, whatever their formats and boxes.</summary>
public static class CheckpointComparison
{
    /// <summary>Compares; reads each tensor both have once.</summary>
    public static CheckpointDifference Run(ICheckpointReader a, ICheckpointReader b, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var inB = b.Tensors.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var inA = a.Tensors.Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        var common = new List<TensorInfo>();
        var forms = new List<FormDifference>();
        foreach (var tensor in a.Tensors)
        {
            if (!inB.TryGetValue(tensor.Name, out var other)) { continue; }
            if (other.DType == tensor.DType && other.Shape == tensor.Shape) { common.Add(tensor); }
            else { forms.Add(new FormDifference(tensor.Name, tensor.DType, tensor.Shape, other.DType, other.Shape)); }
        }
        var layout = PlanComparison.InMemory([.. common.Select(static t => TensorTarget.Whole(t.Name, t.DType, t.Shape))]);
        var map = TensorMap.Identity([.. common.Select(static t => new MappedTensor(t.Name, t.Shape))]);
        var bits = PlanComparison.Run(CopyPlanner.Plan(a.Tensors, map, layout), a, CopyPlanner.Plan(b.Tensors, map, layout), b, options, progress, cancel);
        return new CheckpointDifference(
            [.. a.Tensors.Where(t => !inB.ContainsKey(t.Name)).Select(static t => t.Name)],
            [.. b.Tensors.Where(t => !inA.Contains(t.Name)).Select(static t => t.Name)],
            forms, bits);
    }
}
