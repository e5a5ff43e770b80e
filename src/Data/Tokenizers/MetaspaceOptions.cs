namespace Ckpt.Data.Tokenizers;

/// <summary>How spaces are marked.</summary>
/// <param name="Replacement">The mark, one character.</param>
/// <param name="Prepend">Which pieces get one in front.</param>
/// <param name="Splits">Whether a piece is split before each mark.</param>
readonly record struct MetaspaceOptions(string Replacement, PrependScheme Prepend, bool Splits);
