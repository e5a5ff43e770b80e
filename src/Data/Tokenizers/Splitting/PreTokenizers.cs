using System.Globalization;
using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>One after the other, each on what the one before left.</summary>
sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> parts) : IPreTokenizer
{
    internal IReadOnlyList<IPreTokenizer> Parts => parts;

    public void Split(Piece piece, List<Piece> into)
    {
        var now = new List<Piece> { piece };
        foreach (var part in parts)
        {
            var next = new List<Piece>(now.Count);
            foreach (var one in now) { part.Split(one, next); }
            now = next;
        }
        into.AddRange(now);
    }
}

/// <summary>Splits at what matches a pattern.</summary>
sealed class SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    internal Pattern Pattern => pattern;

    /// <summary>Whether every match and every part between is a word.</summary>
    internal bool IsPlain => behavior is SplitBehavior.Isolated;

    public void Split(Piece piece, List<Piece> into) => Cutter.Cut(piece, pattern.Matches(piece.Span), behavior, invert, into);
}

/// <summary>Splits at characters.</summary>
sealed class CharPreTokenizer(Func<int, bool> isDelimiter, SplitBehavior behavior) : IPreTokenizer
{
    /// <summary>Splits digits from what is none.</summary>
    internal static CharPreTokenizer Digits(bool individual) =>
        new(c => CodePoints.Category(c) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    /// <summary>Splits at punctuation.</summary>
    internal static CharPreTokenizer Punctuation(SplitBehavior behavior) => new(IsPunctuation, behavior);

    /// <summary>Splits at white space and drops it.</summary>
    internal static CharPreTokenizer Spaces { get; } = new(CodePoints.IsWhiteSpace, SplitBehavior.Removed);

    public void Split(Piece piece, List<Piece> into)
    {
        var matches = new List<(int, int)>();
        var text = piece.Span;
        for (var i = 0; i < text.Length;)
        {
            var codePoint = CodePoints.At(text, i, out var length);
            if (isDelimiter(codePoint)) { matches.Add((i, i + length)); }
            i += length;
        }
        Cutter.Cut(piece, matches, behavior, false, into);
    }

    static bool IsPunctuation(int c) => c is >= '!' and <= '/' or >= ':' and <= '@' or >= '[' and <= '`' or >= '{' and <= '~'
        || CodePoints.Category(c) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;
}

/// <summary>Writes spaces as a mark, puts one in front, and splits before each.</summary>
sealed class MetaspacePreTokenizer(MetaspaceOptions options) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> into)
    {
        var text = piece.Alone();
        text = options.Replacement.Length == 1 ? text.With(text.Text.Replace(' ', options.Replacement[0])) : text.Replace(Pattern.OfText(" ").Matches(text.Text), options.Replacement);
        var prepends = options.Prepend is PrependScheme.Always || options.Prepend is PrependScheme.First && text.StartOf(0) == 0;
        if (prepends && !text.Text.StartsWith(options.Replacement, StringComparison.Ordinal)) { text = text.Prepend(options.Replacement); }
        var whole = new Piece(text, 0, text.Text.Length);
        if (options.Splits) { Cutter.Cut(whole, Pattern.OfText(options.Replacement).Matches(text.Text), SplitBehavior.MergedWithNext, false, into); }
        else { into.Add(whole); }
    }
}

/// <summary>Splits as GPT-2 does, if asked to, and spells the bytes in the byte alphabet.</summary>
sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool splits) : IPreTokenizer
{
    internal const string Regex = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    static readonly Pattern s_pattern = Pattern.OfRegex(Regex, "ByteLevel");

    internal bool AddPrefixSpace => addPrefixSpace;

    internal bool Splits => splits;

    public void Split(Piece piece, List<Piece> into)
    {
        var text = piece.Alone();
        if (addPrefixSpace && !text.Text.StartsWith(' ')) { text = text.Prepend(" "); }
        var words = new List<Piece>();
        var whole = new Piece(text, 0, text.Text.Length);
        if (splits) { Cutter.Cut(whole, s_pattern.Matches(text.Text), SplitBehavior.Isolated, false, words); }
        else { words.Add(whole); }
        foreach (var word in words)
        {
            var spelled = ByteAlphabet.Spell(word.Alone());
            into.Add(new Piece(spelled, 0, spelled.Text.Length));
        }
    }
}
