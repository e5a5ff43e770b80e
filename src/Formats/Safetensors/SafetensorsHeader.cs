namespace Ckpt.Formats.Safetensors;

/// <summary>What the header of one safetensors file says, all of it checked against the file's length.</summary>
/// <param name="Tensors">By offset, without holes; tensors of no bytes stand where the header puts them.</param>
/// <param name="Metadata">The map <c>__metadata__</c>, by ordinal key; empty where the header has none.</param>
/// <param name="DataOffset">Byte of the file that the data starts at.</param>
/// <param name="Warnings">What was accepted although writers do not write it.</param>
public sealed record SafetensorsHeader(
    IReadOnlyList<SafetensorsTensor> Tensors,
    IReadOnlyDictionary<string, string> Metadata,
    long DataOffset,
    IReadOnlyList<string> Warnings);
