using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.TorchDist;

/// <summary>What a <c>.metadata</c> file says, checked in itself; files have not been looked at.</summary>
/// <param name="RootClass">The class that was pickled: <c>Metadata</c>, or Megatron's <c>MCoreMetadata</c>.</param>
/// <param name="Version">Its version attribute, where there is one.</param>
/// <param name="Tensors">In the order listed.</param>
/// <param name="Objects">In the order listed.</param>
/// <param name="PlannerPaths">From flat names to paths in the saved object, where there are any.</param>
/// <param name="OriginalShapes">Of flattened optimizer tensors: the shape before (<c>nd_reformulated_orig_global_shape</c>).</param>
/// <param name="CheckpointId">What the writer called the checkpoint.</param>
sealed record TorchDistMetadata(
    string RootClass,
    string? Version,
    IReadOnlyList<TorchDistTensor> Tensors,
    IReadOnlyList<TorchDistObject> Objects,
    IReadOnlyDictionary<string, IReadOnlyList<TorchDistPathStep>>? PlannerPaths,
    IReadOnlyDictionary<string, Shape> OriginalShapes,
    string? CheckpointId)
{
    /// <summary>Chunks that are stored again: tensor, chunk, and where.</summary>
    internal IReadOnlyList<(int Tensor, int Chunk, TorchDistStorage Storage)> Replicas { get; init; } = [];
}

/// <summary>A tensor entry; chunks of no elements are left out.</summary>
sealed record TorchDistTensor(string Name, DType DType, Shape Shape, IReadOnlyList<Box> Chunks, IReadOnlyList<TorchDistStorage> Storages);

/// <summary>A bytes entry.</summary>
readonly record struct TorchDistObject(string Name, TorchDistStorage Storage);

/// <summary>Where a stream lies, and whether it is compressed there.</summary>
readonly record struct TorchDistStorage(string Path, long Offset, long Length, bool IsPacked);
