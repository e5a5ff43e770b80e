using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>
/// Compares full-precision parameters, rounded, with the model's at both ends of every piece of every parameter: a piece that lies elsewhere
/// differs there. Reads as much as is compared.
/// </summary>
static class RoundingSamples
{
    const long All = 1L << 26;

    /// <summary>Whether all samples are equal bit for bit.</summary>
    /// <param name="parameters">A checkpoint with the parameters under their logical names.</param>
    /// <param name="model">The one with the model's tensors.</param>
    /// <param name="placed">The pieces.</param>
    /// <param name="options">Memory and threads.</param>
    /// <param name="cancel">Ends it.</param>
    internal static bool AreEqual(ICheckpointReader parameters, ICheckpointReader model, IReadOnlyList<PlacedParameter> placed, RunOptions options, CancellationToken cancel)
    {
        var logical = parameters.Tensors.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var pieces = placed.Where(static p => p.Parameter.IsOriginal).SelectMany(static p => p.Parameter.Tensor.Boxes.Select(box => (p.Parameter.Key, p.Parameter.DType, box.Global))).Distinct().ToArray();
        var each = Math.Clamp(All / Math.Max(1, pieces.Length), 64, 4096);
        var (left, right) = (new List<MappedTensor>(), new List<MappedTensor>());
        var (links, targets) = (new List<Link>(), new List<TensorTarget>());
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (key, dtype, box) in pieces)
        {
            if (!logical.TryGetValue(LogicalNames.Of(LogicalNames.Param, key), out var tensor) || !ElementCast.IsKnown(tensor.DType, dtype)) { return false; }
            if (!numbers.TryGetValue(key, out var number))
            {
                numbers.Add(key, number = left.Count);
                left.Add(new MappedTensor(key, tensor.Shape));
            }
            foreach (var sample in Ends(box, each))
            {
                var name = $"{key} {sample}";
                links.Add(new Link(number, sample, right.Count, Box.Whole(sample.Shape)));
                right.Add(new MappedTensor(name, sample.Shape));
                targets.Add(TensorTarget.Whole(name, dtype, sample.Shape));
            }
        }
        var layout = PlanComparison.InMemory(targets);
        var ofModel = new TensorMap(MapSide.Of(left), MapSide.Of(right), links);
        var ofParameters = ofModel with { Left = MapSide.Of([.. left.Select(static t => t with { Name = LogicalNames.Of(LogicalNames.Param, t.Name) })]) };
        return PlanComparison.Run(
            CopyPlanner.Plan(parameters.Tensors, ofParameters, layout), parameters, CopyPlanner.Plan(model.Tensors, ofModel, layout), model, options, new NoProgress(), cancel).IsEqual;
    }

    /// <summary>The corner with the first elements of a box, and that with the last, of at most so many.</summary>
    static IEnumerable<Box> Ends(Box box, long most)
    {
        var size = new long[box.Rank];
        for (var axis = box.Rank - 1; axis >= 0; axis--)
        {
            size[axis] = Math.Min(box.Size[axis], Math.Max(1, most));
            most /= Math.Max(1, size[axis]);
        }
        var last = new long[box.Rank];
        for (var axis = 0; axis < box.Rank; axis++) { last[axis] = box.Offset[axis] + box.Size[axis] - size[axis]; }
        var first = new Box(box.Offset.ToArray(), size);
        yield return first;
        if (first.Size.SequenceEqual(box.Size)) { yield break; }
        yield return new Box(last, size);
    }
}
