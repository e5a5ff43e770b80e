using System.Globalization;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

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
