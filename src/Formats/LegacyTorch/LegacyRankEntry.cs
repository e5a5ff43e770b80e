using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>A rank's files, by paths relative to the iteration's folder.</summary>
/// <param name="Name">The numbers in its folder's name.</param>
/// <param name="Model">Its weights and state.</param>
/// <param name="Optimizer">Its part of a distributed optimizer, where there is one.</param>
public readonly record struct LegacyRankEntry(LegacyRankName Name, FileEntry Model, FileEntry? Optimizer);
