using System.Globalization;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>Finds the words of the patterns that most models split with, without a regular expression; that stays as the oracle (TOK-5.6).</summary>
static class WordScanner
{
    const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    const byte Other = 0;
    const byte Letter = 1;
    const byte Number = 2;
    const byte Space = 3;
    const byte Newline = 4;

    static readonly byte[] s_kinds = Kinds();

    /// <summary>The rule that a pattern is.</summary>
    internal static WordRule RuleOf(string regex) => regex switch
    {
        ByteLevelPreTokenizer.Regex => WordRule.Gpt2,
        Contractions + @"\p{N}{1,3}" + Rest => WordRule.ThreeDigits,
        Contractions + @"\p{N}" + Rest => WordRule.OneDigit,
        _ => WordRule.None,
    };

    /// <summary>Where the word ends that starts here.</summary>
    internal static int Next(WordRule rule, ReadOnlySpan<char> text, int start) =>
        rule is WordRule.Gpt2 ? NextOfGpt2(text, start) : NextOfLater(text, start, rule is WordRule.OneDigit ? 1 : 3);

    static int NextOfLater(ReadOnlySpan<char> text, int start, int digits)
    {
        var kind = Kind(text, start, out var length);
        var next = start + length;
        if (kind == Letter) { return Run(text, next, Letter); }
        if (kind == Number)
        {
            for (var i = 1; i < digits && next < text.Length && Kind(text, next, out length) == Number; i++) { next += length; }
            return next;
        }
        if (text[start] == '\'' && Contraction(text, start) is > 0 and var contraction) { return start + contraction; }
        if (kind != Newline && next < text.Length && Kind(text, next, out _) == Letter) { return Run(text, next, Letter); }
        if (kind == Other || text[start] == ' ' && next < text.Length && Kind(text, next, out _) == Other)
        {
            next = Run(text, next, Other);
            while (next < text.Length && text[next] is '\r' or '\n') { next++; }
            return next;
        }
        return Spaces(text, start, newlines: true);
    }

    static int NextOfGpt2(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && SmallContraction(text, start) is > 0 and var contraction) { return start + contraction; }
        var kind = Kind(text, start, out var length);
        var next = start + length;
        if (kind is Letter or Number or Other) { return Run(text, next, kind); }
        if (text[start] == ' ' && next < text.Length && Kind(text, next, out _) is (Letter or Number or Other) and var behind) { return Run(text, next, behind); }
        return Spaces(text, start, newlines: false);
    }

    /// <summary>A run of white space: up to its last newline, or without its last character where a word follows.</summary>
    static int Spaces(ReadOnlySpan<char> text, int start, bool newlines)
    {
        var (end, afterNewline) = (start, 0);
        while (end < text.Length && s_kinds[text[end]] is (Space or Newline) and var kind)
        {
            end++;
            if (kind == Newline) { afterNewline = end; }
        }
        if (newlines && afterNewline > 0) { return afterNewline; }
        return end == text.Length || end - start == 1 ? end : end - 1;
    }

    static int Run(ReadOnlySpan<char> text, int at, byte kind)
    {
        while (at < text.Length && Kind(text, at, out var length) == kind) { at += length; }
        return at;
    }

    static byte Kind(ReadOnlySpan<char> text, int at, out int length)
    {
        var unit = text[at];
        length = 1;
        return char.IsSurrogate(unit) ? KindOfPair(text, at, out length) : s_kinds[unit];
    }

    static byte KindOfPair(ReadOnlySpan<char> text, int at, out int length) => KindOf(CodePoints.Category(CodePoints.At(text, at, out length)));

    /// <summary>The length of an 's, 't, 're, 've, 'm, 'll or 'd in any case, or 0.</summary>
    static int Contraction(ReadOnlySpan<char> text, int start)
    {
        if (start + 1 >= text.Length) { return 0; }
        var first = Lower(text[start + 1]);
        if (first is 's' or 't' or 'm' or 'd' or '\u017F') { return 2; }
        if (start + 2 >= text.Length) { return 0; }
        return (first, Lower(text[start + 2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    static int SmallContraction(ReadOnlySpan<char> text, int start)
    {
        if (start + 1 >= text.Length) { return 0; }
        if (text[start + 1] is 's' or 't' or 'm' or 'd') { return 2; }
        return start + 2 < text.Length && (text[start + 1], text[start + 2]) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    static char Lower(char c) => c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c;

    static byte KindOf(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
        _ => Other,
    };

    static byte[] Kinds()
    {
        var kinds = new byte[0x10000];
        for (var c = 0; c < kinds.Length; c++)
        {
            kinds[c] = c is '\r' or '\n' ? Newline : char.IsWhiteSpace((char)c) ? Space : KindOf(CodePoints.Category(c));
        }
        return kinds;
    }
}
