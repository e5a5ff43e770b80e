using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>Puts a text before any that is not empty.</summary>
sealed class PrependNormalizer(string prefix) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => text.Prepend(prefix);
}
