using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Opens what is zarr, as a checkpoint of Megatron where its metadata.json says so.</summary>
static class ZarrOpener
{
    internal static ICheckpointReader Open(string path) =>
        FolderListing.Read(path).Metadata is { } text && CheckpointDetection.ShardedBackend(text) == MegatronZarrReader.Backend
            ? MegatronZarrReader.Open(path)
            : ZarrReader.Open(path);
}
