using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Opening;

namespace Ckpt.Cli.Running;

/// <summary>Opens a checkpoint of any format, legacy ones as a user says they lie.</summary>
static class LegacySource
{
    internal static ICheckpointReader Open(string path, LegacyReadOptions options) => options is { Sizes: null, Stages: null, Cuts: null, Overrides.Count: 0 }
        ? ModelFormats.Open(path)
        : CheckpointOpener.Open(path, [.. ModelFormats.All.Select(format => format.Name == FormatNames.LegacyTorch ? format with { Open = at => LegacyTorchReader.Open(at, options) } : format)]);
}
