using Ckpt.Formats.Tensors;

namespace Ckpt.Kit;

/// <summary>Puts tensors together from their boxes the plain way, element by element: the stand-in for a runner, and its oracle.</summary>
public static class TensorAssembler
{
    /// <summary>A tensor's bytes, row-major, little-endian.</summary>
    /// <exception cref="InvalidOperationException">An element is in no box, or in two.</exception>
    public static byte[] ReadWhole(ICheckpointReader reader, TensorInfo tensor)
    {
        var size = tensor.DType.ByteSize();
        var whole = new byte[tensor.ByteLength];
        var said = new bool[tensor.Shape.Count];
        var steps = tensor.Shape.RowMajorStrides();
        for (var box = 0; box < tensor.Boxes.Count; box++)
        {
            var where = tensor.Boxes[box].Box;
            var bytes = ReadBox(reader, tensor, box);
            var index = new long[where.Rank];
            for (var element = 0L; element < where.Volume; element++)
            {
                var place = 0L;
                for (var axis = 0; axis < index.Length; axis++) { place += (where.Offset[axis] + index[axis]) * steps[axis]; }
                if (said[place]) { throw new InvalidOperationException($"{tensor.Name}: element {place} is in two boxes"); }
                said[place] = true;
                bytes.AsSpan((int)(element * size), size).CopyTo(whole.AsSpan((int)(place * size)));
                Next(index, where);
            }
        }
        return Array.IndexOf(said, false) is var gap and >= 0 ? throw new InvalidOperationException($"{tensor.Name}: element {gap} is in no box") : whole;
    }

    /// <summary>A box's bytes, row-major, little-endian, packed.</summary>
    public static byte[] ReadBox(ICheckpointReader reader, TensorInfo tensor, int box) =>
        ReadPayload(reader.Locate(tensor, box), tensor.Boxes[box].Box.Shape, tensor.DType);

    /// <summary>The bytes of elements that lie somewhere with strides: row-major, little-endian, packed.</summary>
    public static byte[] ReadPayload(BoxPayload payload, Shape shape, DType dtype)
    {
        var size = dtype.ByteSize();
        var box = Box.Whole(shape);
        var bytes = new byte[shape.Count * size];
        if (bytes.Length == 0) { return bytes; }
        var last = 0L;
        for (var axis = 0; axis < shape.Rank; axis++) { last += (shape[axis] - 1) * payload.Strides[axis]; }
        var stored = new byte[(last + 1) * size];
        payload.Source.ReadExactly(payload.Offset, stored);
        var index = new long[shape.Rank];
        for (var element = 0L; element < shape.Count; element++)
        {
            var place = 0L;
            for (var axis = 0; axis < index.Length; axis++) { place += index[axis] * payload.Strides[axis]; }
            stored.AsSpan((int)(place * size), size).CopyTo(bytes.AsSpan((int)(element * size)));
            Next(index, box);
        }
        return bytes;
    }

    static void Next(long[] index, Box box)
    {
        for (var axis = index.Length - 1; axis >= 0; axis--)
        {
            if (++index[axis] < box.Size[axis]) { return; }
            index[axis] = 0;
        }
    }
}
