namespace Ckpt.Formats.Opening;

/// <summary>The formats that this build reads.</summary>
public static class CheckpointFormats
{
    /// <summary>One entry a format; names as in <see cref="FormatNames"/>.</summary>
    public static IReadOnlyList<CheckpointFormat> All { get; } = [];
}
