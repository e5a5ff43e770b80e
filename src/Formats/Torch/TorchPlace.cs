namespace Ckpt.Formats.Torch;

/// <summary>Where the bytes of a storage lie in a torch file.</summary>
readonly record struct TorchPlace(long Offset, long Length);
