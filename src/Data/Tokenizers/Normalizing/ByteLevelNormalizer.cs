using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>Writes every byte as its character of the byte alphabet.</summary>
sealed class ByteLevelNormalizer : INormalizer
{
    public AlignedText Normalize(AlignedText text) => ByteAlphabet.Spell(text);
}
