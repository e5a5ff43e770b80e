using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;

namespace Ckpt.Sharding.Quantised;

/// <summary>What is done with a tensor whose blocks fall apart on the other side.</summary>
public enum Misaligned
{
    /// <summary>It is written as numbers.</summary>
    Dequantise,

    /// <summary>It is quantised anew, in the blocks of the other side.</summary>
    Requantise,
}

/// <summary>A tensor of the right side that cannot take over the codes of the left side, why, and whether it is quantised anew.</summary>
public readonly record struct MisalignedTensor(string Name, string Reason, bool IsRequantised);

/// <summary>
/// A conversion that keeps 8-bit codes where it can: a source and a map whose tensors are weights, their scales, and what could not be kept.
/// </summary>
/// <param name="Source">The source as the map's left side sees it; owns the reader it was made of.</param>
/// <param name="Map">Weights and scales.</param>
/// <param name="Misaligned">The right tensors whose codes were not kept.</param>
/// <param name="Errors">For those quantised anew, how far off they are; known once they have been written.</param>
public sealed record KeptMap(ICheckpointReader Source, TensorMap Map, IReadOnlyList<MisalignedTensor> Misaligned, IReadOnlyList<QuantError> Errors)
{
    /// <summary>The right names whose elements are codes or scales, which no cast may touch.</summary>
    public IReadOnlySet<string> AsStored { get; init; } = new HashSet<string>();
}
