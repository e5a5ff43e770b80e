using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.Dcp;
using Ckpt.Models.Megatron.Legacy;

namespace Ckpt.Models.Opening;

/// <summary>The formats that can be opened, with those that need to know models: ranks of a legacy checkpoint, halves and experts of a Megatron-FSDP one are put together by what their names mean.</summary>
public static class ModelFormats
{
    /// <summary>One entry a format.</summary>
    public static IReadOnlyList<CheckpointFormat> All { get; } =
    [
        .. CheckpointFormats.All.Where(static format => format.Name != FormatNames.TorchDcp),
        new(FormatNames.TorchDcp, MegatronDcpReader.Open),
        new(FormatNames.FsdpDtensor, MegatronDcpReader.Open),
        new(FormatNames.LegacyTorch, LegacyTorchReader.Open),
    ];

    /// <summary>Opens whatever checkpoint lies at a path; as <see cref="CheckpointOpener.Open(string)"/>, of all formats.</summary>
    public static ICheckpointReader Open(string path) => CheckpointOpener.Open(path, All);
}
