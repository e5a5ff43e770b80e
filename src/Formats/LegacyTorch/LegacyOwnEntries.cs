using Ckpt.Formats.Torch;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>What a rank has of its own (random numbers, a small optimizer), to be written into its file.</summary>
/// <param name="Entries">The entries of the file's dict.</param>
/// <param name="Storage">The bytes of a storage that a tensor in them names, by its key there.</param>
public sealed record LegacyOwnEntries(PickleDict Entries, Func<string, ReadOnlyMemory<byte>> Storage);
