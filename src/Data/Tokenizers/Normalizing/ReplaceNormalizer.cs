using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>Replaces what matches.</summary>
sealed class ReplaceNormalizer(Pattern pattern, string content) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => !pattern.IsRegex && pattern.Source.Length == 1 && content.Length == 1
        ? text.With(text.Text.Replace(pattern.Source[0], content[0]))
        : text.Replace(pattern.Matches(text.Text), content);
}
