namespace Ckpt.Formats.TorchDist;

/// <summary>One step of the path to a value in the object that was saved: a dict's key, or a place in a list.</summary>
/// <param name="Key">The key, or null for a place.</param>
/// <param name="Index">The place.</param>
public readonly record struct TorchDistPathStep(string? Key, long Index);
