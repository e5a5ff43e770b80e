using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Holding;

/// <summary>A box of a global tensor that ranks hold in memory.</summary>
/// <param name="Box">Which elements of the tensor.</param>
/// <param name="Part">The ranks' own tensor it lies in, by the name it has on each of them.</param>
/// <param name="Local">Where in that; leading axes of one index may lack.</param>
/// <param name="Ranks">Who holds it, ascending; several hold the same elements.</param>
public readonly record struct HeldBox(Box Box, string Part, Box Local, IReadOnlyList<int> Ranks);
