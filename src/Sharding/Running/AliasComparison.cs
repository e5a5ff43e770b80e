using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;

namespace Ckpt.Sharding.Running;

/// <summary>Checks that second names of a tensor really hold the same numbers before they are left out.</summary>
public static class AliasComparison
{
    /// <summary>Compares each alias with what it stands for, bit for bit.</summary>
    /// <exception cref="MalformedCheckpointException">SHD-6.2: they differ, so one of them would be lost.</exception>
    public static void Check(ICheckpointReader source, IReadOnlyList<AliasCheck> aliases, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        foreach (var alias in aliases)
        {
            var (second, first) = (source.Tensors[alias.Tensor], source.Tensors[alias.Of]);
            var whole = Box.Whole(first.Shape);
            var layout = PlanComparison.InMemory([TensorTarget.Whole(first.Name, first.DType, first.Shape)]);
            var right = MapSide.Of([new MappedTensor(first.Name, first.Shape)]);
            var itself = new TensorMap(right, right, [new Link(0, whole, 0, whole)]);
            var other = new TensorMap(MapSide.Of([new MappedTensor(second.Name, second.Shape)]), right, [new Link(0, whole, 0, whole)]);
            var report = PlanComparison.Run(
                CopyPlanner.Plan(source.Tensors, itself, layout), source, CopyPlanner.Plan(source.Tensors, other, layout), source, options, progress, cancel);
            if (!report.IsEqual)
            {
                throw new MalformedCheckpointException(
                    "SHD-6.2", second.Name, $"differs from {first.Name} in {report.Differences[0].Elements:N0} elements, but is {alias.Rule}; one of the two would be lost");
            }
        }
    }
}
