using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Views;

namespace Ckpt.Verify.SelfTesting;

/// <summary>A tensor with an error planted in it: seen, and not stored.</summary>
/// <param name="like">The tensor in whose place it is.</param>
/// <param name="compute">Fills elements from a row-major place on.</param>
sealed class PlantedTensor(TensorInfo like, Action<long, Span<byte>> compute) : ComputedTensor(like.Name, like.DType, like.Shape, like.Boxes.Count == 0 ? 0 : like.Boxes[0].File)
{
    protected override void Compute(long first, Span<byte> elements) => compute(first, elements);
}
