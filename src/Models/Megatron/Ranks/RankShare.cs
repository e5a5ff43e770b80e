using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>A part of a share: which box of the global tensor lies where in the share, and the file of the rank that holds it, where files are by rank.</summary>
readonly record struct SharePart(Box Global, Box Local, int? File);

/// <summary>What the ranks of one tensor coordinate have of a tensor: axes of layers and experts as in the whole.</summary>
/// <param name="Source">The global tensor.</param>
/// <param name="Shape">The share's.</param>
/// <param name="Parts">Where it comes from.</param>
sealed record RankShare(TensorInfo Source, Shape Shape, IReadOnlyList<SharePart> Parts);
