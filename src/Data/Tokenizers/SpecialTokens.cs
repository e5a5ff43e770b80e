namespace Ckpt.Data.Tokenizers;

/// <summary>The tokens that a model's configuration names for a purpose; null where it names none.</summary>
public sealed record SpecialTokens(string? Bos, string? Eos, string? Pad, string? Unk);
