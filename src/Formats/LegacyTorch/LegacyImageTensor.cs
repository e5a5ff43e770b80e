using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>A tensor of a rank's file that is to be written, alone in its storage.</summary>
public readonly record struct LegacyImageTensor(string Name, DType DType, Shape Shape);
