using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Formats.Zarr;

/// <summary>How a zarr checkpoint of Megatron is written.</summary>
public sealed record MegatronZarrWriterOptions
{
    /// <summary>The state that is not sharded.</summary>
    public required PickleDict Common { get; init; }

    /// <summary>The storages of tensors in <see cref="Common"/>, by their keys 0, 1, …</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages { get; init; } = [];

    /// <summary>What is stored beside arrays.</summary>
    public IReadOnlyList<MegatronZarrObject> Objects { get; init; } = [];

    /// <summary>
    /// The folder for it all: <c>iter_0000001</c> or <c>release</c>, beside which a tracker file then says so; another name, or none, has no tracker.
    /// </summary>
    public string Folder { get; init; } = TorchDistFolder.NameOf(1);
}
