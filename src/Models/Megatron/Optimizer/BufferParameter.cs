using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>A parameter as one rank of a model-parallel group has it in its grad buffers.</summary>
/// <param name="Key">The tensor of the checkpoint it is part of.</param>
/// <param name="OrderKey">The same without the number of a layer.</param>
/// <param name="Layer">The layer's number in the chunk, or 0.</param>
/// <param name="Expert">The expert's number on the rank, or 0.</param>
/// <param name="DType">Of the model's tensor.</param>
/// <param name="Chunk">The model chunk on the rank.</param>
/// <param name="IsShared">Whether embedding and output layer share it, so that it has a bucket of its own.</param>
/// <param name="IsOriginal">Whether the checkpoint's tensor is filled from here; copies on other stages are not.</param>
/// <param name="Tensor">The rank's own tensor, and what of the global one it is.</param>
sealed record BufferParameter(string Key, string OrderKey, int Layer, long Expert, DType DType, int Chunk, bool IsShared, bool IsOriginal, RankTensor Tensor)
{
    internal long Numel => Tensor.Shape.Count;
}

/// <summary>Where a parameter lies: from which element of which bucket on.</summary>
readonly record struct PlacedParameter(BufferParameter Parameter, int Bucket, long First);
