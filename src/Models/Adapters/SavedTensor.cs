using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>A tensor of the base model that an adapter stores whole (modules_to_save, trained biases, base layers of embeddings).</summary>
/// <param name="Name">The base tensor, by its Hugging Face name.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Reader">The adapter's checkpoint.</param>
/// <param name="Parts">Which elements of it are which of a stored tensor.</param>
/// <param name="IsBaseLayer">Whether it is the base under an adapter, which is added to it.</param>
public sealed record SavedTensor(string Name, Shape Shape, ICheckpointReader Reader, IReadOnlyList<SavedPart> Parts, bool IsBaseLayer);

/// <summary>A stored tensor, and runs from the saved tensor's axes to its own.</summary>
public readonly record struct SavedPart(TensorInfo Stored, LinkedRuns Runs);
