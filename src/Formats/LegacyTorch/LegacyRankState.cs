using Ckpt.Formats.Torch;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>What a rank's file holds, without the pickle it was read from.</summary>
/// <param name="Chunks">Its virtual stages; one where there are none.</param>
/// <param name="Shared">What every rank has alike: args, version, iteration, scheduler.</param>
/// <param name="Own">Keys of what the rank has of its own: optimizer, random numbers.</param>
public sealed record LegacyRankState(IReadOnlyList<LegacyChunk> Chunks, PickleDict Shared, IReadOnlyList<string> Own);
