using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Layouts;

/// <summary>Cuts one tensor for one rank. Pure; the tensor is checked against the sizes first, so that no rank differs in what it refuses.</summary>
readonly ref struct TensorCutter
{
    readonly ModelTensor _tensor;
    readonly ParallelSizes _sizes;

    internal TensorCutter(ModelTensor tensor, ParallelSizes sizes) => (_tensor, _sizes) = (tensor, sizes);

    /// <summary>Ranks that share the axis that is cut.</summary>
    int Ranks => _tensor.Cut.Kind == CutKind.Replicated ? 1 : _tensor.Cut.OfExperts ? _sizes.ExpertCuts : _sizes.Tensor;

    int Needed => _tensor.LeadingAxes + (_tensor.Cut.Kind == CutKind.Replicated ? 0 : _tensor.Cut.Axis + 1);

    int CutAxis => _tensor.LeadingAxes + _tensor.Cut.Axis;

    /// <summary>LAY-4.1 to LAY-4.6.</summary>
    internal void Check(int layers)
    {
        var shape = _tensor.Shape;
        if (shape.Rank < Needed) { Throw.Axes(_tensor, Needed); }
        if (_tensor.Place.Kind == PlaceKind.LayerStack && shape[0] != layers) { Throw.Layers(_tensor, layers); }
        if (_tensor.Place.Kind == PlaceKind.Layer && _tensor.Place.Index >= layers) { Throw.NoLayer(_tensor, layers); }
        CheckExperts();
        CheckShares();
    }

    /// <summary>LAY-4.1: every section is shared evenly.</summary>
    internal void CheckShares()
    {
        var (cut, shape) = (_tensor.Cut, _tensor.Shape);
        if (shape.Rank < Needed) { Throw.Axes(_tensor, Needed); }
        if (cut.Kind != CutKind.Cut) { return; }
        var (size, whole) = (shape[CutAxis], cut.Whole);
        if (size % whole != 0) { Throw.Sections(_tensor, size, whole); }
        foreach (var section in cut.Sections)
        {
            var rows = size / whole * section;
            if (rows % Ranks != 0) { Throw.Share(_tensor, CutAxis, rows, Ranks); }
        }
    }

    void CheckExperts()
    {
        if (!_tensor.Cut.OfExperts) { return; }
        var experts = _tensor.Expert is { } one ? one.Count : _tensor.Shape[_tensor.LeadingAxes - 1];
        if (experts % _sizes.ExpertShares != 0) { Throw.Experts(_tensor, experts, _sizes); }
    }

    /// <summary>Whether the rank holds any of it, as far as experts go.</summary>
    internal bool Holds(RankPlace place) =>
        _tensor.Expert is not { } expert || expert.Index / (expert.Count / _sizes.ExpertShares) == ExpertShare(place);

    /// <summary>The rank's own tensor; of a stack, that of one layer.</summary>
    internal RankTensor Cut(RankPlace place, int layer)
    {
        var shape = _tensor.Shape;
        var stacked = _tensor.Place.Kind == PlaceKind.LayerStack ? 1 : 0;
        var whole = shape.Dims[stacked..].ToArray();
        if (!_tensor.HasExpertAxis) { return Parts(place, whole, stacked, layer, []); }
        var each = shape[stacked] / _sizes.ExpertShares;
        var first = ExpertShare(place) * each;
        var boxes = new List<RankBox>();
        var own = Parts(place, whole[1..], stacked, layer, boxes, first, each);
        return new RankTensor(new Shape([each, .. own.Shape.Dims]), boxes);
    }

    int ExpertShare(RankPlace place) => _sizes.ExpertsOverTensor ? (place.Expert * _sizes.ExpertTensorSize) + place.ExpertTensor : place.Expert;

    int CutShare(RankPlace place) => Ranks == 1 ? 0 : _tensor.Cut.OfExperts ? place.ExpertTensor : place.Tensor;

    /// <summary>The boxes of one parameter, or of the same parameter of neighbouring experts.</summary>
    RankTensor Parts(RankPlace place, long[] whole, int stacked, int layer, List<RankBox> boxes, long firstExpert = -1, long experts = 1)
    {
        var (cut, ranks) = (_tensor.Cut, Ranks);
        var own = (long[])whole.Clone();
        var pieces = new List<(long From, long To, long Size)>();
        if (cut.Kind == CutKind.Vocabulary)
        {
            var each = (whole[0] / ranks) + (whole[0] % ranks > 0 ? 1 : 0);
            own[0] = each;
            // Only shares that begin inside: the product cannot overflow for them.
            var share = CutShare(place);
            if (each > 0 && share <= (whole[0] - 1) / each) { pieces.Add((share * each, 0, Math.Min(each, whole[0] - (share * each)))); }
        }
        else if (cut.Kind == CutKind.Cut)
        {
            var unit = whole[cut.Axis] / cut.Whole;
            var (start, to) = (0L, 0L);
            foreach (var section in cut.Sections)
            {
                var size = unit * section / ranks;
                pieces.Add((start + (CutShare(place) * size), to, size));
                (start, to) = (start + (unit * section), to + size);
            }
            own[cut.Axis] = to;
        }
        for (var expert = 0L; expert < experts; expert++)
        {
            if (cut.Kind == CutKind.Replicated) { Add(0, whole, 0, 0); }
            foreach (var (from, to, size) in pieces)
            {
                if (size == 0) { continue; }
                var part = (long[])whole.Clone();
                part[cut.Axis] = size;
                Add(from, part, to, cut.Axis);
            }

            void Add(long from, long[] size, long to, int axis)
            {
                var global = new long[whole.Length];
                var local = new long[whole.Length];
                if (whole.Length > 0) { (global[axis], local[axis]) = (from, to); }
                long[] stack = stacked == 1 ? [layer] : [], one = stacked == 1 ? [1] : [];
                long[] of = firstExpert < 0 ? [] : [firstExpert + expert], at = firstExpert < 0 ? [] : [expert], single = firstExpert < 0 ? [] : [1];
                boxes.Add(new RankBox(new Box([.. stack, .. of, .. global], [.. one, .. single, .. size]), new Box([.. at, .. local], [.. single, .. size])));
            }
        }
        return new RankTensor(new Shape(own), boxes);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Axes(ModelTensor tensor, int needed) => throw new LayoutException(
            "LAY-4.6", tensor.Name, $"is cut as {tensor.Cut}, which needs {needed} axes; it has shape {tensor.Shape}");

        [DoesNotReturn]
        internal static void Layers(ModelTensor tensor, int layers) => throw new LayoutException(
            "LAY-4.5", tensor.Name, $"has {tensor.Shape[0]} layers, the layout {layers}");

        [DoesNotReturn]
        internal static void NoLayer(ModelTensor tensor, int layers) => throw new LayoutException(
            "LAY-4.5", tensor.Name, $"is of layer {tensor.Place.Index}, the layout has {layers}, counted from 0");

        [DoesNotReturn]
        internal static void Sections(ModelTensor tensor, long size, long whole) => throw new LayoutException(
            "LAY-4.1", tensor.Name, $"{size} rows are not {tensor.Cut.Sections.Count} sections of {string.Join(" : ", tensor.Cut.Sections)}, {whole} in all");

        [DoesNotReturn]
        internal static void Share(ModelTensor tensor, int axis, long rows, int ranks) => throw new LayoutException(
            "LAY-4.1", tensor.Name, $"{rows} indices of axis {axis} of {tensor.Shape}{Section(tensor)} cannot be shared evenly by {ranks} {(tensor.Cut.OfExperts ? "expert tensor" : "tensor")} parallel ranks");

        [DoesNotReturn]
        internal static void Experts(ModelTensor tensor, long experts, ParallelSizes sizes) => throw new LayoutException(
            "LAY-4.3", tensor.Name, $"{experts} experts cannot be shared evenly by {sizes.ExpertShares} {(sizes.ExpertsOverTensor ? $"expert and tensor parallel ranks (EP {sizes.Expert} × TP {sizes.Tensor})" : "expert parallel ranks")}");

        static string Section(ModelTensor tensor) => tensor.Cut.Sections.Count > 1 ? $" in one of {tensor.Cut.Sections.Count} sections" : "";
    }
}
