using System.Globalization;
using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>What Python's str says of characters: spaces, lines, code points.</summary>
static class PythonText
{
    /// <summary>str.isspace of one character.</summary>
    internal static bool IsSpace(char c) => c is (>= '\t' and <= '\r') or (>= '\x1c' and <= ' ') or '\u0085' or '\u00a0' or '\u1680'
        or (>= '\u2000' and <= '\u200a') or '\u2028' or '\u2029' or '\u202f' or '\u205f' or '\u3000';

    /// <summary>Whether there is text and all of it is space.</summary>
    internal static bool IsSpace(ReadOnlySpan<char> text) => !text.IsEmpty && TrimEnd(text).IsEmpty;

    internal static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) { end--; }
        return text[..end];
    }

    internal static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text)
    {
        var start = 0;
        while (start < text.Length && IsSpace(text[start])) { start++; }
        return text[start..];
    }

    internal static bool IsIdentifier(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !(char.IsLetter(name[0]) || char.IsSurrogate(name[0]) || name[0] == '_')) { return false; }
        foreach (var c in name)
        {
            if (!(char.IsLetterOrDigit(c) || char.IsSurrogate(c) || c == '_' || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation)) { return false; }
        }
        return true;
    }

    /// <summary>Whether every code point is one unit, so that positions in the string are Python's.</summary>
    internal static bool IsFlat(string text) => !text.AsSpan().ContainsAnyInRange('\ud800', '\udfff');

    /// <summary>len().</summary>
    internal static int Length(string text)
    {
        if (IsFlat(text)) { return text.Length; }
        var length = 0;
        for (var i = 0; i < text.Length; i += Width(text, i)) { length++; }
        return length;
    }

    /// <summary>The units of the code point that starts here; half a pair stands for itself.</summary>
    internal static int Width(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>The code points, each as a string.</summary>
    internal static IEnumerable<string> Characters(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var width = Width(text, i);
            yield return text.Substring(i, width);
            i += width;
        }
    }

    /// <summary>The unit at which a code point starts; the end for one past it.</summary>
    internal static int UnitAt(string text, long codePoint)
    {
        if (codePoint <= 0) { return 0; }
        if (IsFlat(text)) { return (int)Math.Min(codePoint, text.Length); }
        var at = 0;
        for (; codePoint > 0 && at < text.Length; codePoint--) { at += Width(text, at); }
        return at;
    }

    /// <summary>The code points before a unit.</summary>
    internal static int CodePointsBefore(string text, int unit) => unit <= 0 ? unit : Length(text[..unit]);

    /// <summary>str.splitlines: the lines without their ends, or with them.</summary>
    internal static List<string> Lines(string text, bool keepEnds = false)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && !IsLineEnd(text[end])) { end++; }
            var next = end < text.Length ? end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1) : end;
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }
        return lines;
    }

    static bool IsLineEnd(char c) => c is (>= '\n' and <= '\r') or (>= '\x1c' and <= '\x1e') or '\u0085' or '\u2028' or '\u2029';

    /// <summary>str.upper: .NET's simple mapping, and the one letter of Latin that becomes two.</summary>
    internal static string Upper(string text) => text.ToUpperInvariant().Replace("ß", "SS", StringComparison.Ordinal);

    internal static string Lower(string text) => text.ToLowerInvariant();

    internal static string Capitalize(string text)
    {
        if (text.Length == 0) { return text; }
        var first = Width(text, 0);
        return Upper(text[..first]) + Lower(text[first..]);
    }

    /// <summary>str.title: a letter after none is upper case, others lower.</summary>
    internal static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var character in Characters(text))
        {
            var isLetter = IsCased(character);
            title.Append(!isLetter ? character : inWord ? Lower(character) : Upper(character));
            inWord = isLetter;
        }
        return title.ToString();
    }

    internal static string SwapCase(string text) => string.Concat(Characters(text).Select(c => Upper(c) == c ? Lower(c) : Upper(c)));

    /// <summary>Whether there is a cased letter and all of them are lower (or upper) case.</summary>
    internal static bool AllCased(string text, bool upper)
    {
        var any = false;
        foreach (var character in Characters(text))
        {
            if (!IsCased(character)) { continue; }
            if (upper ? Upper(character) != character : Lower(character) != character) { return false; }
            any = true;
        }
        return any;
    }

    internal static bool IsCased(string character) => CharUnicodeInfo.GetUnicodeCategory(character, 0)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    /// <summary>str.isprintable of one code point.</summary>
    internal static bool IsPrintable(string character) => character == " " || CharUnicodeInfo.GetUnicodeCategory(character, 0) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
