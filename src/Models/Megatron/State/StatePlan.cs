using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Megatron.State;

/// <summary>What a checkpoint's training state becomes; a value, but for the reader.</summary>
/// <param name="Found">How optimizer state is stored in the source; none where it is dropped unseen.</param>
/// <param name="Reader">The source, its optimizer state as tensors of the target's names and the model's shapes. Owns the source.</param>
/// <param name="Tensors">Those tensors, to be carried over by name; none where optimizer state is dropped.</param>
/// <param name="Drops">Rules for what of the reader's tensors is left out.</param>
/// <param name="Objects">What is written beside tensors.</param>
/// <param name="Common">The common state.</param>
/// <param name="CommonStorages">The storages of tensors in it.</param>
/// <param name="Notes">What the user should know of.</param>
public sealed record StatePlan(
    OptimizerForm Found,
    ICheckpointReader Reader,
    IReadOnlyList<MappedTensor> Tensors,
    IReadOnlyList<Drop> Drops,
    IReadOnlyList<ObjectTarget> Objects,
    PickleDict Common,
    IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages,
    IReadOnlyList<string> Notes);
