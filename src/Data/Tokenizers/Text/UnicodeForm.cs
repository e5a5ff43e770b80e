namespace Ckpt.Data.Tokenizers.Text;

/// <summary>A normalization form of UAX 15.</summary>
/// <param name="Compatibility">K: compatibility characters are decomposed.</param>
/// <param name="Composes">C: what can be is composed again.</param>
readonly record struct UnicodeForm(bool Compatibility, bool Composes);
