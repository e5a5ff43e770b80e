using System.Globalization;
using System.Text;

namespace Ckpt.Data.Tokenizers.Text;

/// <summary>Code points of UTF-16 text, and their general categories.</summary>
static class CodePoints
{
    static readonly byte[] s_categories = Categories();

    /// <summary>The code point at a place, and how many units it takes; half of a pair is one by itself.</summary>
    internal static int At(ReadOnlySpan<char> text, int index, out int length)
    {
        var unit = text[index];
        length = 1;
        if (!char.IsHighSurrogate(unit) || index + 1 >= text.Length || !char.IsLowSurrogate(text[index + 1])) { return unit; }
        length = 2;
        return char.ConvertToUtf32(unit, text[index + 1]);
    }

    /// <summary>The code point that ends before a place, and how many units it takes.</summary>
    internal static int Before(ReadOnlySpan<char> text, int end, out int length)
    {
        var unit = text[end - 1];
        length = 1;
        if (!char.IsLowSurrogate(unit) || end < 2 || !char.IsHighSurrogate(text[end - 2])) { return unit; }
        length = 2;
        return char.ConvertToUtf32(text[end - 2], unit);
    }

    /// <summary>The general category, of all seventeen planes.</summary>
    internal static UnicodeCategory Category(int codePoint) =>
        codePoint < 0x10000 ? (UnicodeCategory)s_categories[codePoint] : CharUnicodeInfo.GetUnicodeCategory(codePoint);

    /// <summary>Whether a code point has the property White_Space.</summary>
    internal static bool IsWhiteSpace(int codePoint) => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint);

    /// <summary>Whether a code point is part of a word: \w of UTS 18.</summary>
    internal static bool IsWord(int codePoint) => Category(codePoint) switch
    {
        <= UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        // Other_Alphabetic: circled and squared letters.
        _ => codePoint is >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189 or 0x200C or 0x200D,
    };

    /// <summary>How many bytes a code point takes in UTF-8.</summary>
    internal static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    /// <summary>The text with every half of a surrogate pair replaced by U+FFFD, as a decoder of UTF-16 does.</summary>
    internal static string Repair(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) { return text; }
        StringBuilder? repaired = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) { continue; }
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) { i++; }
            else { (repaired ??= new StringBuilder(text))[i] = '\uFFFD'; }
        }
        return repaired?.ToString() ?? text;
    }

    static byte[] Categories()
    {
        var categories = new byte[0x10000];
        for (var i = 0; i < categories.Length; i++) { categories[i] = (byte)CharUnicodeInfo.GetUnicodeCategory((char)i); }
        return categories;
    }
}
