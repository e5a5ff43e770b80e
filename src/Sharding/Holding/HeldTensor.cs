using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Holding;

/// <summary>A global tensor that ranks hold in memory, box by box.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Of whole bytes.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Boxes">They cover it once.</param>
/// <param name="PartShape">The shape of each of the ranks' own tensors.</param>
public sealed record HeldTensor(string Name, DType DType, Shape Shape, IReadOnlyList<HeldBox> Boxes, Shape PartShape);
