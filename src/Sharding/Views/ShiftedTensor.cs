using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Views;

/// <summary>
/// A vector with a number added to every element, in float32 (NAM-12.6). For what one side of a map holds plus or minus something: zero-centred norms.
/// </summary>
public sealed class ShiftedTensor : ComputedTensor
{
    readonly TensorSingles _inner;
    readonly float _shift;

    /// <summary>A tensor of one axis, <paramref name="shift"/> more.</summary>
    public ShiftedTensor(ICheckpointReader reader, TensorInfo tensor, double shift)
        : base(tensor.Name, DType.F32, tensor.Shape, tensor.Boxes.Count == 0 ? 0 : tensor.Boxes[0].File)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tensor.Shape.Rank, 1, nameof(tensor));
        (_inner, _shift) = (new TensorSingles(reader, tensor), (float)shift);
    }

    /// <summary>
    /// The checkpoint as a map's left side that holds the right side's numbers: tensors of the left whose <see cref="MappedTensor.Added"/> differs from
    /// that of what is made of them are seen shifted.
    /// </summary>
    public static ICheckpointReader Through(ICheckpointReader reader, TensorMap map)
    {
        var shifts = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var link in map.Links)
        {
            var (left, right) = (map.Left.Tensors[link.Left], map.Right.Tensors[link.Right]);
            if (left.Added != right.Added) { shifts[left.Name] = right.Added - left.Added; }
        }
        if (shifts.Count == 0) { return reader; }
        var views = reader.Tensors.Where(tensor => shifts.ContainsKey(tensor.Name)).Select(tensor => new ShiftedTensor(reader, tensor, shifts[tensor.Name])).ToArray();
        return new ViewedCheckpoint(reader, views);
    }

    protected override void Compute(long first, Span<byte> elements)
    {
        var singles = MemoryMarshal.Cast<byte, float>(elements);
        _inner.Read(new Box([first], [singles.Length]), singles);
        System.Numerics.Tensors.TensorPrimitives.Add(singles, _shift, singles);
    }
}
