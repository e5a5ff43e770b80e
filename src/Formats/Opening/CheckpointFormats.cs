namespace Ckpt.Formats.Opening;

/// <summary>The formats that this build reads.</summary>
public static class CheckpointFormats
{
    /// <summary>One entry a format; names as in <see cref="FormatNames"/>.</summary>
    public static IReadOnlyList<CheckpointFormat> All { get; } =
    [
        new(FormatNames.Safetensors, Safetensors.SafetensorsReader.Open),
        new(FormatNames.SafetensorsShards, Safetensors.SafetensorsShardsReader.Open),
        new(FormatNames.TorchDist, TorchDist.TorchDistReader.Open),
        new(FormatNames.TorchDcp, TorchDist.TorchDistReader.Open),
        new(FormatNames.Zarr, Zarr.ZarrOpener.Open),
    ];
}
