using Ckpt.Formats.Torch;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>A tensor of a rank's state dict, by its name there.</summary>
public readonly record struct LegacyEntry(string Name, TorchTensor Tensor);
