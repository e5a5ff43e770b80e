using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Where a box of a global tensor lies: part of a rank's stored tensor.</summary>
/// <param name="File">The rank file's number.</param>
/// <param name="Stored">The stored tensor.</param>
/// <param name="Offset">Elements from its first one.</param>
/// <param name="Strides">In elements, one for each axis of the global tensor.</param>
readonly record struct LegacySlice(int File, TorchTensor Stored, long Offset, long[] Strides);
