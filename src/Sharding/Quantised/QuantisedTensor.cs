using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Quantised;

/// <summary>A tensor stored as codes and scales: value = (code − zero point) · scale, one scale for each block of a grid.</summary>
/// <param name="Name">The name of the tensor that it stands for.</param>
/// <param name="Shape">The shape codes are stored for: what <see cref="Grid"/> cuts.</param>
/// <param name="Codes">The stored codes.</param>
/// <param name="Table">What they stand for.</param>
/// <param name="CodeRowBytes">Bytes from one row of codes to the next; longer than the row where words are filled up.</param>
/// <param name="Scale">The stored scales: as many as the grid has blocks, row-major.</param>
/// <param name="Grid">The blocks.</param>
public sealed record QuantisedTensor(string Name, Shape Shape, TensorInfo Codes, CodeTable Table, long CodeRowBytes, TensorInfo Scale, BlockGrid Grid)
{
    /// <summary>The stored zero points, one for each block, or null where there are none.</summary>
    public TensorInfo? ZeroPoint { get; init; }

    /// <summary>Bits of a zero point where they are packed into words of 32 along the rows, or 0 where each is an int8.</summary>
    public int ZeroPointBits { get; init; }

    /// <summary>One number that all scales are divided by, or null.</summary>
    public TensorInfo? GlobalScale { get; init; }

    /// <summary>Whether scales are powers of two, in whichever type.</summary>
    public bool HasPowersOfTwo { get; init; }

    /// <summary>Whether the tensor it stands for has the last two axes exchanged (gpt_oss).</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Whether the codes are a tensor of their own under the tensor's name, that can be cut and joined block by block.</summary>
    public bool IsFloat8Blocks =>
        Codes.Name == Name && Table.Is(Codes.DType) && ZeroPoint is null && GlobalScale is null && !IsTransposed && Scale.Name.StartsWith(Name, StringComparison.Ordinal)
        && Scale.Shape == BlockGrid.ScaleShape(Shape, Grid.BlockRows, Grid.BlockColumns);

    /// <summary>What is stored for it.</summary>
    public IEnumerable<TensorInfo> Parts => new[] { Codes, Scale, ZeroPoint, GlobalScale }.OfType<TensorInfo>();
}
