namespace Ckpt.Data.Tokenizers.Text;

/// <summary>A character of a changed text, and how it came there.</summary>
/// <param name="CodePoint">The character.</param>
/// <param name="Change">0 where it stands for one character, 1 where it was added, −N where it stands for one and N more behind it are gone.</param>
readonly record struct CharChange(int CodePoint, int Change);
