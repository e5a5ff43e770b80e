using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Safetensors;

/// <summary>A tensor entry as the header has it, its numbers not yet checked; an axis size past 63 bits is negative here.</summary>
readonly record struct SafetensorsEntry(string Name, DType DType, long[] Dims, ulong Begin, ulong End);
