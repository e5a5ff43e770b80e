using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Part of a stored tensor, seen with other strides: element index i of the box is at Offset + sum(i · Strides) of the stored tensor's first element.</summary>
/// <param name="Box">Which elements of the rank's canonical tensor.</param>
/// <param name="Stored">The stored tensor.</param>
/// <param name="Offset">Elements from its first.</param>
/// <param name="Strides">In elements.</param>
readonly record struct LegacyPiece(Box Box, TorchTensor Stored, long Offset, long[] Strides)
{
    /// <summary>The part of a piece that lies in a box of the rank's tensor.</summary>
    internal bool TryCut(Box box, out LegacyPiece part)
    {
        part = default;
        if (!Box.TryIntersect(box, out var common)) { return false; }
        var offset = Offset;
        for (var axis = 0; axis < common.Rank; axis++) { offset += (common.Offset[axis] - Box.Offset[axis]) * Strides[axis]; }
        part = new LegacyPiece(common, Stored, offset, Strides);
        return true;
    }
}

/// <summary>What a rank has of a tensor, under Megatron's canonical name for it and as that tensor's rows and columns.</summary>
/// <param name="Key">The name; layers by their number in the chunk.</param>
/// <param name="Expert">The expert's number on the rank; −1 where it is none's.</param>
/// <param name="StoredName">The name in the file, for messages.</param>
/// <param name="Shape">Of the whole.</param>
/// <param name="Pieces">What it is made of.</param>
sealed record LegacyPart(LegacyKey Key, int Expert, string StoredName, Shape Shape, IReadOnlyList<LegacyPiece> Pieces)
{
    internal DType DType => Pieces[0].Stored.DType;

    /// <summary>A stored tensor as it is.</summary>
    internal static LegacyPart Whole(LegacyKey key, string stored, TorchTensor tensor, int expert = -1) =>
        new(key, expert, stored, tensor.Shape, [new LegacyPiece(Box.Whole(tensor.Shape), tensor, 0, [.. tensor.Strides])]);

    /// <summary>Rows of a stored tensor.</summary>
    internal static LegacyPart Rows(LegacyKey key, string stored, TorchTensor tensor, long first, long count)
    {
        var size = tensor.Shape.ToArray();
        size[0] = count;
        var shape = new Shape(size);
        return new LegacyPart(key, -1, stored, shape, [new LegacyPiece(Box.Whole(shape), tensor, first * tensor.Strides[0], [.. tensor.Strides])]);
    }
}
