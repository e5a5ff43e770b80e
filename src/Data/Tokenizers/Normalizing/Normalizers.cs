using System.Globalization;
using System.Text;
using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Normalizing;

/// <summary>One after the other.</summary>
sealed class NormalizerSequence(IReadOnlyList<INormalizer> parts) : INormalizer
{
    internal IReadOnlyList<INormalizer> Parts => parts;

    public AlignedText Normalize(AlignedText text) => parts.Aggregate(text, (now, part) => part.Normalize(now));
}

/// <summary>NFC, NFD, NFKC, NFKD.</summary>
sealed class UnicodeFormNormalizer(UnicodeForm form) : INormalizer
{
    internal UnicodeForm Form => form;

    public AlignedText Normalize(AlignedText text) =>
        text.Text.Length == 0 || Ascii.IsValid(text.Text) || form is { Composes: true, Compatibility: false } && UnicodeNormalizer.IsComposed(text.Text)
            ? text : text.Transform(UnicodeNormalizer.Normalize(text.Text, form), 0);
}

/// <summary>Puts a text before any that is not empty.</summary>
sealed class PrependNormalizer(string prefix) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => text.Prepend(prefix);
}

/// <summary>Replaces what matches.</summary>
sealed class ReplaceNormalizer(Pattern pattern, string content) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => !pattern.IsRegex && pattern.Source.Length == 1 && content.Length == 1
        ? text.With(text.Text.Replace(pattern.Source[0], content[0]))
        : text.Replace(pattern.Matches(text.Text), content);
}

/// <summary>Makes letters small, by full case mapping.</summary>
sealed class LowercaseNormalizer : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        var changes = new List<CharChange>(text.Text.Length);
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (rune.Value == 0x130) // İ is the one letter that becomes two
            {
                changes.Add(new CharChange('i', 0));
                changes.Add(new CharChange(0x307, 1));
            }
            else { changes.Add(new CharChange(Rune.ToLowerInvariant(rune).Value, 0)); }
        }
        return text.Transform(changes, 0);
    }
}

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

/// <summary>Writes every byte as its character of the byte alphabet.</summary>
sealed class ByteLevelNormalizer : INormalizer
{
    public AlignedText Normalize(AlignedText text) => ByteAlphabet.Spell(text);
}
