using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.Models.Megatron.State;

/// <summary>A tensor of the model that is not what its full-precision copy in the optimizer rounds to.</summary>
/// <param name="Key">The model's tensor.</param>
/// <param name="Elements">How many elements differ.</param>
/// <param name="First">Where the first of them is, row-major.</param>
public sealed record MasterWeightDifference(string Key, long Elements, IReadOnlyList<long> First);

/// <summary>What the check found.</summary>
/// <param name="Tensors">Tensors compared.</param>
/// <param name="Unchecked">Tensors of the model whose full-precision copy has another shape, or a type that cannot be rounded.</param>
/// <param name="Differences">Tensors that differ.</param>
public sealed record MasterWeightReport(int Tensors, IReadOnlyList<string> Unchecked, IReadOnlyList<MasterWeightDifference> Differences)
{
    /// <summary>Whether every tensor compared is what its copy rounds to.</summary>
    public bool IsSound => Differences.Count == 0;
}

/// <summary>
/// Compares the model's tensors with the optimizer's full-precision copies rounded to their type, bit for bit (STA-6.1). Megatron-core 0.15 to 0.19
/// wrote shifted states with <c>fully_reshardable</c> where a grad buffer had several buckets and one but the last ended in padding; this shows it.
/// </summary>
public static class MasterWeightCheck
{
    /// <summary>Compares all of it, streaming, in the memory the options allow.</summary>
    /// <param name="reader">A checkpoint with states named <c>optimizer.state.param.KEY</c> or <c>fp32_param</c>, as <see cref="StatePlan.Reader"/> is.</param>
    /// <param name="options">Memory and threads.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Ends it.</param>
    public static MasterWeightReport Run(ICheckpointReader reader, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var model = reader.Tensors.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var (masters, weights) = (new List<MappedTensor>(), new List<MappedTensor>());
        var targets = new List<TensorTarget>();
        var others = new List<string>();
        foreach (var tensor in reader.Tensors)
        {
            if (!OptimizerNames.TryModelState(tensor.Name, out var name) || name.State is not (LogicalNames.Param or LogicalNames.MasterParam)) { continue; }
            if (!model.TryGetValue(name.Key, out var weight)) { continue; }
            if (weight.Shape != tensor.Shape || !ElementCast.IsKnown(tensor.DType, weight.DType)) { others.Add(name.Key); continue; }
            masters.Add(new MappedTensor(tensor.Name, tensor.Shape));
            weights.Add(new MappedTensor(name.Key, weight.Shape));
            targets.Add(TensorTarget.Whole(name.Key, weight.DType, weight.Shape));
        }
        var layout = PlanComparison.InMemory(targets);
        var identity = TensorMap.Identity(weights);
        var renamed = identity with { Left = MapSide.Of(masters) };
        var report = PlanComparison.Run(
            CopyPlanner.Plan(reader.Tensors, renamed, layout), reader, CopyPlanner.Plan(reader.Tensors, identity, layout), reader, options, progress, cancel);
        return new MasterWeightReport(
            targets.Count, others, [.. report.Differences.Select(difference => new MasterWeightDifference(difference.Name, difference.Elements, Place(model[difference.Name].Shape, difference.FirstElement)))]);
    }

    static long[] Place(Shape shape, long element)
    {
        var place = new long[shape.Rank];
        for (var axis = place.Length - 1; axis >= 0; axis--) { (element, place[axis]) = Math.DivRem(element, shape[axis]); }
        return place;
    }
}
