using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>A tensor as a safetensors header announces it: its bytes are [Begin, End) of the data that follows the header.</summary>
public readonly record struct SafetensorsTensor(string Name, DType DType, Shape Shape, long Begin, long End);
