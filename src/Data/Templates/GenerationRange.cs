namespace Ckpt.Data.Templates;

/// <summary>A part of a rendered text, in UTF-16 units of the string.</summary>
/// <param name="Start">The first unit.</param>
/// <param name="End">The unit after the last.</param>
public readonly record struct GenerationRange(int Start, int End);
