using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Adapters;

/// <summary>A tensor times a number, in float32: the product in double precision, rounded once. Exact where the number is a power of two.</summary>
sealed class ScaledTensor(ICheckpointReader reader, TensorInfo tensor, double factor)
    : ComputedTensor(tensor.Name, DType.F32, tensor.Shape, tensor.Boxes.Count > 0 ? tensor.Boxes[0].File : 0)
{
    readonly TensorSingles _singles = new(reader, tensor);

    protected override void Compute(long first, Span<byte> elements)
    {
        var values = MemoryMarshal.Cast<byte, float>(elements);
        var columns = Info.Shape[Info.Shape.Rank - 1];
        // Adapters' tensors are matrices; a run of elements is taken row by row.
        for (var done = 0; done < values.Length;)
        {
            var (row, column) = Math.DivRem(first + done, columns);
            var count = (int)Math.Min(columns - column, values.Length - done);
            _singles.Read(Region(row, column, count), values.Slice(done, count));
            done += count;
        }
        foreach (ref var value in values) { value = (float)(value * factor); }
    }

    Box Region(long row, long column, int count)
    {
        var (offset, size) = (new long[Info.Shape.Rank], new long[Info.Shape.Rank]);
        Array.Fill(size, 1);
        (offset[^1], size[^1]) = (column, count);
        for (var axis = offset.Length - 2; axis >= 0; axis--) { (row, offset[axis]) = Math.DivRem(row, Info.Shape[axis]); }
        return new Box(offset, size);
    }
}
