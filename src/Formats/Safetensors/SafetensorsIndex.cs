namespace Ckpt.Formats.Safetensors;

/// <summary>What a <c>*.safetensors.index.json</c> says.</summary>
/// <param name="Files">The files it names, by ordinal; relative to the index, '/' between parts.</param>
/// <param name="FileOf">Tensor name → index into <paramref name="Files"/>.</param>
/// <param name="TotalSize"><c>metadata.total_size</c> as it is written, or null.</param>
/// <param name="HasByteOrderMark">The text starts with one.</param>
sealed record SafetensorsIndex(IReadOnlyList<string> Files, IReadOnlyDictionary<string, int> FileOf, string? TotalSize, bool HasByteOrderMark);
