using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Plans;

/// <summary>Makes the targets of a map's right side: each tensor's element type and the boxes it is written in. Pure.</summary>
public static class TargetMaker
{
    /// <summary>
    /// The right side's tensors as targets, in map order. A tensor has the element type of what it is made of; <paramref name="cast"/>
    /// replaces it where both are floating-point types that can be cast. A tensor held in a type of its own (<see cref="HeldAs"/>) has that.
    /// </summary>
    /// <param name="source">The tensors of the left side.</param>
    /// <param name="map">The map.</param>
    /// <param name="cast">The type asked for, or null to keep what is stored.</param>
    /// <param name="cutLeadingAxes">Whether each layer and expert becomes a box of its own (torch_dist), or each tensor one box.</param>
    /// <param name="asStored">Right names that are never cast: 8-bit codes and their scales.</param>
    /// <exception cref="UnsupportedCheckpointException">SHD-2.7: a target is made of tensors of two element types.</exception>
    public static IReadOnlyList<TensorTarget> Make(IReadOnlyList<TensorInfo> source, TensorMap map, DType? cast, bool cutLeadingAxes, IReadOnlySet<string>? asStored = null)
    {
        var byName = source.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var types = new DType?[map.Right.Tensors.Count];
        var cut = new int[map.Right.Tensors.Count];
        Array.Fill(cut, int.MaxValue);
        var weights = map.Right.Tensors.Any(static t => t.HeldAs == HeldAs.Weights) ? cast ?? MostlyStored(map, byName) : null;
        foreach (var link in map.Links)
        {
            var (right, stored) = (map.Right.Tensors[link.Right], byName[map.Left.Tensors[link.Left].Name].DType);
            var wanted = right.HeldAs switch { HeldAs.Single => DType.F32, HeldAs.Weights => weights, _ => cast };
            var type = asStored?.Contains(right.Name) == true ? stored : TypeOf(stored, wanted);
            if (types[link.Right] is { } other && other != type) { Throw.TwoTypes(map.Right.Tensors[link.Right].Name, other, type); }
            types[link.Right] = type;
            cut[link.Right] = Math.Min(cut[link.Right], LeadingOnes(link.RightBox));
        }
        var targets = new TensorTarget[types.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            var tensor = map.Right.Tensors[i];
            var axes = cutLeadingAxes && cut[i] < tensor.StoredShape.Rank ? Math.Min(cut[i], SameAxes(tensor)) : 0;
            targets[i] = new TensorTarget(tensor.Name, types[i] ?? cast ?? DType.F32, tensor.StoredShape, Cut(tensor.StoredShape, axes));
        }
        return targets;
    }

    /// <summary>Boxes of one index along each of the first <paramref name="axes"/> axes, in row-major order.</summary>
    public static IReadOnlyList<Box> Cut(Shape shape, int axes)
    {
        var count = new Shape(shape.Dims[..axes].ToArray()).Count;
        var size = shape.ToArray();
        Array.Fill(size, 1, 0, axes);
        var boxes = new Box[count];
        for (var i = 0L; i < count; i++)
        {
            var offset = new long[shape.Rank];
            var rest = i;
            for (var axis = axes - 1; axis >= 0; axis--) { (rest, offset[axis]) = Math.DivRem(rest, shape[axis]); }
            boxes[i] = new Box(offset, size);
        }
        return boxes;
    }

    /// <summary>The floating-point type of 16 bits or more that most bytes of the map's left side are in.</summary>
    static DType? MostlyStored(TensorMap map, Dictionary<string, TensorInfo> byName) =>
        map.Left.Tensors.Select(t => byName[t.Name]).Where(static t => t.DType is DType.BF16 or DType.F16 or DType.F32 or DType.F64).GroupBy(static t => t.DType).OrderByDescending(static g => g.Sum(static t => t.ByteLength)).Select(static g => (DType?)g.Key).FirstOrDefault();

    static DType TypeOf(DType stored, DType? cast) => cast is { } wanted && ElementCast.IsKnown(stored, wanted) ? wanted : stored;

    /// <summary>The leading axes that links see as they are stored.</summary>
    static int SameAxes(MappedTensor tensor)
    {
        var (stored, fine) = (tensor.StoredShape, tensor.Shape);
        if (stored == fine) { return stored.Rank; }
        var axis = 0;
        while (axis < stored.Rank && axis < fine.Rank && stored[axis] == fine[axis]) { axis++; }
        return axis;
    }

    static int LeadingOnes(Box box)
    {
        var axis = 0;
        while (axis < box.Rank && box.Size[axis] == 1) { axis++; }
        return axis;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void TwoTypes(string name, DType a, DType b) => throw new UnsupportedCheckpointException(
            "SHD-2.7", name, $"is made of tensors of {a.DisplayName()} and of {b.DisplayName()}; name the one to write with --torch_dtype");
    }
}
