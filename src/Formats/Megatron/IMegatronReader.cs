using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.Megatron;

/// <summary>A checkpoint in one of Megatron's formats: tensors by their Megatron names, and the state that is not sharded.</summary>
public interface IMegatronReader : ICheckpointReader
{
    /// <summary>The iteration in the folder's name, where it has one.</summary>
    long? Iteration { get; }

    /// <summary>Whether the folder is named <c>release</c>.</summary>
    bool IsRelease { get; }

    /// <summary>The state that is not sharded (args, iteration, param groups …); null where there is none.</summary>
    PickleDict? Common { get; }

    /// <summary>The storages of tensors in <see cref="Common"/>, by key 0, 1, …; read anew each time.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages { get; }

    /// <summary>Of optimizer tensors stored flattened: the shape of the tensor before.</summary>
    IReadOnlyDictionary<string, Shape> OriginalShapes { get; }

    /// <summary>What <see cref="ICheckpointReader.Objects"/> lists, without the list around it that torch_dist puts there.</summary>
    /// <exception cref="KeyNotFoundException">There is no object of that name.</exception>
    PickleNode ReadObject(string name);

    /// <summary>The torch.save file of an object, to reach tensors inside it.</summary>
    /// <exception cref="KeyNotFoundException">There is no object of that name.</exception>
    TorchFile OpenObject(string name);
}
