using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Layouts;

/// <summary>A box of a global tensor, and where it lies in a rank's own one. The sizes are equal once axes of size 1 are left out.</summary>
public readonly record struct RankBox(Box Global, Box Local);

/// <summary>
/// What one rank has of one layer of a tensor: its own tensor's shape (experts first where there are several, no axis of layers) and the
/// boxes it is made of, by ascending place; what they leave of it is padding.
/// </summary>
public sealed record RankTensor(Shape Shape, IReadOnlyList<RankBox> Boxes)
{
    /// <summary>One index of the first axis, without that axis: one local expert of many.</summary>
    public RankTensor At(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Shape[0]);
        var boxes = new List<RankBox>();
        foreach (var box in Boxes)
        {
            var first = box.Local.Offset[0];
            if (index < first || index >= first + box.Local.Size[0]) { continue; }
            if (box.Local.Size[0] != 1) { throw new InvalidOperationException($"the box {box.Local} is of several indices of the first axis"); }
            boxes.Add(new RankBox(box.Global, new Box(box.Local.Offset[1..].ToArray(), box.Local.Size[1..].ToArray())));
        }
        return new RankTensor(new Shape(Shape.Dims[1..].ToArray()), boxes);
    }
}

/// <summary>Why a rank holds a tensor.</summary>
public enum PartRole
{
    /// <summary>It is its own.</summary>
    Main,

    /// <summary>A copy of the embedding or output layer for multi-token prediction, under the same name.</summary>
    MtpCopy,

    /// <summary>A copy of the embedding for the output layer; in a rank's own names <c>output_layer.weight</c>.</summary>
    TiedCopy,
}

/// <summary>A tensor that a rank holds.</summary>
/// <param name="Chunk">The virtual stage it is in.</param>
/// <param name="Layer">The layer's number in the model, or −1 outside decoder layers.</param>
/// <param name="Local">The layer's number in the chunk, or −1.</param>
/// <param name="Role">Whether it is the original or a copy.</param>
/// <param name="Tensor">Its elements.</param>
public readonly record struct RankPart(int Chunk, int Layer, int Local, PartRole Role, RankTensor Tensor);
