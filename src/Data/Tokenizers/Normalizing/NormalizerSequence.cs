using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>One after the other.</summary>
sealed class NormalizerSequence(IReadOnlyList<INormalizer> parts) : INormalizer
{
    internal IReadOnlyList<INormalizer> Parts => parts;

    public AlignedText Normalize(AlignedText text) => parts.Aggregate(text, (now, part) => part.Normalize(now));
}
