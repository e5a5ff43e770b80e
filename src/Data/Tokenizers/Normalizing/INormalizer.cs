using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>Changes a text before it is split. Immutable.</summary>
interface INormalizer
{
    AlignedText Normalize(AlignedText text);
}
