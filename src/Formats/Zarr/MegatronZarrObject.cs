using Ckpt.Formats.Torch;

namespace Ckpt.Formats.Zarr;

/// <summary>A thing that Megatron's zarr backend stores beside arrays, in a torch.save file of its own.</summary>
/// <param name="Name">Its name as in torch_dist, <c>rng_state/shard_0.0_1.1</c>.</param>
/// <param name="Value">The thing itself, without the list around it that torch_dist has.</param>
/// <param name="Storages">The storages of tensors in it, by key 0, 1, …</param>
public sealed record MegatronZarrObject(string Name, PickleNode Value, IReadOnlyList<ReadOnlyMemory<byte>> Storages)
{
    /// <summary>The path of its file below the iteration's folder.</summary>
    internal string Path => Name + ".pt";

    /// <summary>The file: torch.save names the archive in it by the file's stem.</summary>
    internal byte[] ToBytes() => TorchSave.ToBytes(Value, Name[(Name.LastIndexOf('/') + 1)..], Storages);
}
