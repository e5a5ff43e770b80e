using System.Globalization;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>Drops characters by what they are.</summary>
sealed class FilterNormalizer(Func<int, bool> keeps) : INormalizer
{
    /// <summary>Drops the marks of a text in NFD.</summary>
    internal static FilterNormalizer StripAccents { get; } = new(c => CodePoints.Category(c) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark));

    public AlignedText Normalize(AlignedText text)
    {
        var changes = new List<CharChange>(text.Text.Length);
        var removed = 0;
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (keeps(rune.Value)) { changes.Add(new CharChange(rune.Value, 0)); }
            else if (changes.Count == 0) { removed++; }
            else { changes[^1] = changes[^1] with { Change = changes[^1].Change - 1 }; }
        }
        return text.Transform(changes, removed);
    }
}
