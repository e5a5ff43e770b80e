using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>A legacy checkpoint's ranks put together.</summary>
/// <param name="Grid">Its layout.</param>
/// <param name="Tensors">The global tensors, each element in one box.</param>
/// <param name="Slices">Where each box lies.</param>
/// <param name="Replicas">What is stored more than once.</param>
/// <param name="ReplicaSlices">Where.</param>
/// <param name="Cuts">How tensors are cut.</param>
/// <param name="LeftOut">Entries of state dicts that are no tensors.</param>
sealed record LegacyAssembly(
    LegacyGrid Grid,
    IReadOnlyList<TensorInfo> Tensors,
    IReadOnlyList<IReadOnlyList<LegacySlice>> Slices,
    IReadOnlyList<Replica> Replicas,
    IReadOnlyList<LegacySlice> ReplicaSlices,
    MegatronCuts Cuts,
    int LeftOut);
