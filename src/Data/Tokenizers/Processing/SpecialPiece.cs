namespace Ckpt.Data.Tokenizers.Processing;

/// <summary>A token that a template adds.</summary>
readonly record struct SpecialPiece(int Id, string Token);
