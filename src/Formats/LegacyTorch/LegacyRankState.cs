using Ckpt.Formats.Torch;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>What a rank's file holds, without the pickle it was read from.</summary>
/// <param name="Chunks">Its virtual stages; one where there are none.</param>
/// <param name="Shared">What every rank has alike: args, version, iteration, scheduler.</param>
/// <param name="Own">What the rank has of its own: optimizer, random numbers.</param>
public sealed record LegacyRankState(IReadOnlyList<LegacyChunk> Chunks, PickleDict Shared, IReadOnlyList<LegacyOwnState> Own);

/// <summary>An entry that a rank has of its own, by its key in the file's dict.</summary>
/// <param name="Key">The key.</param>
/// <param name="Bytes">Bytes of the tensors in it.</param>
public readonly record struct LegacyOwnState(string Key, long Bytes);
