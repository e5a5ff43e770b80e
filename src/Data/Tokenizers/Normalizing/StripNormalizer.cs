using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>Takes white space off the ends.</summary>
sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        var (start, end) = (0, text.Text.Length);
        while (left && start < end && char.IsWhiteSpace(text.Text[start])) { start++; }
        while (right && end > start && char.IsWhiteSpace(text.Text[end - 1])) { end--; }
        return text.Slice(start, end);
    }
}
