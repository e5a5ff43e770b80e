using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Adapters;

/// <summary>A tensor of the base model that an adapter stores whole (modules_to_save, trained biases, base layers of embeddings).</summary>
/// <param name="Name">The base tensor, by its Hugging Face name.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Reader">The adapter's checkpoint.</param>
/// <param name="Parts">Which box of which stored tensor is which box of it.</param>
/// <param name="IsBaseLayer">Whether it is the base under an adapter, which is added to it.</param>
public sealed record SavedTensor(string Name, Shape Shape, ICheckpointReader Reader, IReadOnlyList<SavedPart> Parts, bool IsBaseLayer);

/// <summary>A box of a saved tensor and the box of the stored tensor that holds its elements, in the same order.</summary>
public readonly record struct SavedPart(Box Box, TensorInfo Stored, Box StoredBox);
