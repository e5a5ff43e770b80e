using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Views;

/// <summary>A stored tensor as a part of a joined one.</summary>
/// <param name="Tensor">The stored tensor; it may lack axes that the joined one has in front.</param>
/// <param name="Offset">Where in the joined tensor its first element is, one number an axis.</param>
public readonly record struct JoinedPart(TensorInfo Tensor, long[] Offset);

/// <summary>A tensor whose parts are stored as tensors of their own: halves below each other, experts as an axis in front. Nothing is computed.</summary>
public sealed class JoinedTensor : TensorView
{
    readonly ICheckpointReader _reader;
    readonly (TensorInfo Tensor, int Box)[] _places;

    /// <summary>A tensor of these parts, which cover it once.</summary>
    /// <param name="name">Its name in the viewed checkpoint.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="reader">The checkpoint that has the parts.</param>
    /// <param name="parts">At least one; all of one type.</param>
    /// <exception cref="ArgumentException">Parts differ in their type, or have more axes than the whole.</exception>
    public JoinedTensor(string name, Shape shape, ICheckpointReader reader, IReadOnlyList<JoinedPart> parts)
    {
        _reader = reader;
        var dtype = parts[0].Tensor.DType;
        var count = parts.Sum(static part => part.Tensor.Boxes.Count);
        var (boxes, next) = (new StoredBox[count], 0);
        _places = new (TensorInfo, int)[count];
        foreach (var (tensor, offset) in parts)
        {
            if (tensor.DType != dtype || tensor.Shape.Rank > shape.Rank || offset.Length != shape.Rank)
            {
                throw new ArgumentException($"{tensor.Name} of {tensor.DType} {tensor.Shape} is no part of {dtype} {shape}", nameof(parts));
            }
            for (var i = 0; i < tensor.Boxes.Count; i++)
            {
                boxes[next] = tensor.Boxes[i] with { Box = Placed(tensor.Boxes[i].Box, offset) };
                _places[next++] = (tensor, i);
            }
        }
        Info = new TensorInfo(name, dtype, shape, boxes);
    }

    public override TensorInfo Info { get; }

    /// <summary>A stored tensor under another name.</summary>
    public static JoinedTensor Renamed(string name, ICheckpointReader reader, TensorInfo tensor) =>
        new(name, tensor.Shape, reader, [new JoinedPart(tensor, new long[tensor.Shape.Rank])]);

    public override BoxPayload Locate(int box)
    {
        var (tensor, inner) = _places[box];
        var payload = _reader.Locate(tensor, inner);
        var size = Info.Boxes[box].Box.Size;
        var lead = size.Length - payload.Strides.Length;
        if (lead == 0) { return payload; }
        var strides = new long[size.Length];
        payload.Strides.CopyTo(strides, lead);
        // Axes of one index: any stride will do, and this is that of rows that follow each other.
        for (var axis = lead - 1; axis >= 0; axis--) { strides[axis] = axis + 1 < strides.Length ? strides[axis + 1] * size[axis + 1] : 1; }
        return payload with { Strides = strides };
    }

    static Box Placed(Box box, long[] offset)
    {
        var lead = offset.Length - box.Rank;
        if (lead == 0 && offset.AsSpan().IndexOfAnyExcept(0) < 0) { return box; }
        var (start, size) = ((long[])offset.Clone(), new long[offset.Length]);
        for (var axis = 0; axis < size.Length; axis++)
        {
            if (axis < lead) { size[axis] = 1; continue; }
            start[axis] += box.Offset[axis - lead];
            size[axis] = box.Size[axis - lead];
        }
        return new Box(start, size);
    }
}
