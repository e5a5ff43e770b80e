using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>The layout of a legacy checkpoint, and whose file is whose.</summary>
/// <param name="Layout">The layout.</param>
/// <param name="Ranks">Each rank that has a file of its own, by stage, expert rank and tensor rank, with the file's number.</param>
sealed record LegacyGrid(ParallelLayout Layout, IReadOnlyList<(RankPlace Place, int File)> Ranks);
