namespace Ckpt.Formats.Opening;

/// <summary>What lies at a path: the format's name, and the folder or file to open, which may lie below the path that was asked for.</summary>
/// <param name="Format">As in <see cref="FormatNames"/>.</param>
/// <param name="Path">The folder or file that holds the checkpoint itself.</param>
public readonly record struct DetectedCheckpoint(string Format, string Path);
