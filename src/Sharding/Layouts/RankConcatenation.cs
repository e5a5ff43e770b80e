using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Layouts;

/// <summary>
/// The order elements have where ranks' own tensors are simply put one behind the other along the axis that is cut: that of the tensor
/// itself, unless it is cut in sections.
/// </summary>
public static class RankConcatenation
{
    /// <summary>Which boxes of the tensor (<c>Global</c>) are which boxes of the concatenation (<c>Local</c>), which has the same shape.</summary>
    /// <exception cref="Formats.LayoutException">LAY-4.1: the tensor cannot be cut over so many ranks.</exception>
    /// <exception cref="ArgumentException">The tensor is not cut, or its shares are rounded up.</exception>
    public static IReadOnlyList<RankBox> Of(ModelTensor tensor, int ranks)
    {
        if (tensor.Cut.Kind != CutKind.Cut) { throw new ArgumentException($"{tensor.Name} is {tensor.Cut}", nameof(tensor)); }
        new TensorCutter(tensor, new ParallelSizes { Tensor = ranks }).CheckShares();
        var axis = tensor.LeadingAxes + tensor.Cut.Axis;
        var unit = tensor.Shape[axis] / tensor.Cut.Whole;
        var boxes = new List<RankBox>();
        var stored = 0L;
        for (var rank = 0; rank < ranks; rank++)
        {
            var start = 0L;
            foreach (var section in tensor.Cut.Sections)
            {
                var size = unit * section / ranks;
                if (size > 0) { boxes.Add(new RankBox(Along(start + (rank * size), size), Along(stored, size))); }
                (start, stored) = (start + (unit * section), stored + size);
            }
        }
        return boxes;

        Box Along(long from, long size)
        {
            var offset = new long[tensor.Shape.Rank];
            var sizes = tensor.Shape.ToArray();
            (offset[axis], sizes[axis]) = (from, size);
            return new Box(offset, sizes);
        }
    }
}
