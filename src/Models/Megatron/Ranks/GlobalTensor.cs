using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>A tensor of a model under its torch_dist key.</summary>
/// <param name="Key">The key, of one layer or of all.</param>
/// <param name="DType">Its type.</param>
/// <param name="Shape">Its shape, layers and experts in front.</param>
public readonly record struct GlobalTensor(string Key, DType DType, Shape Shape);
