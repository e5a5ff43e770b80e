using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>The parts of a pattern that stand for one character.</summary>
static class PatternClasses
{
    const int MaxDepth = 16;

    /// <summary>A character by itself.</summary>
    internal static CharClass Literal(int codePoint, bool ignoreCase) =>
        ignoreCase ? new CharClass(0, CaseVariants.Of(codePoint).Select(c => (c, c)), [], false) : CharClass.Of(codePoint);

    /// <summary>What follows a backslash.</summary>
    internal static CharClass Escape(string pattern, ref int at, bool ignoreCase, string where)
    {
        if (at >= pattern.Length) { Throw.Malformed(pattern, at, where, "it ends with '\\'"); }
        var c = CodePoints.At(pattern, at, out var length);
        at += length;
        switch (c)
        {
            case 's': return CharClass.Space;
            case 'S': return CharClass.Space.Negate();
            case 'd': return CharClass.OfName("Nd")!;
            case 'D': return CharClass.OfName("Nd")!.Negate();
            case 'w': return CharClass.Word;
            case 'W': return CharClass.Word.Negate();
            case 'h': return new CharClass(0, [('0', '9'), ('A', 'F'), ('a', 'f')], [], false);
            case 'H': return new CharClass(0, [('0', '9'), ('A', 'F'), ('a', 'f')], [], true);
            case 'p' or 'P': return Property(pattern, ref at, c == 'P', where);
            case 'n': return CharClass.Of('\n');
            case 'r': return CharClass.Of('\r');
            case 't': return CharClass.Of('\t');
            case 'f': return CharClass.Of('\f');
            case 'v': return CharClass.Of('\v');
            case 'a': return CharClass.Of('\a');
            case 'e': return CharClass.Of(0x1B);
            case 'x' or 'u': return Literal(Hex(pattern, ref at, c == 'u', where), ignoreCase);
            case >= '0' and <= '9' or >= 'a' and <= 'z' or >= 'A' and <= 'Z':
                Throw.Unsupported(pattern, at, where, $"'\\{(char)c}'");
                return null;
            default: return Literal(c, ignoreCase);
        }
    }

    /// <summary>A class in brackets, from behind the first.</summary>
    internal static CharClass Bracket(string pattern, ref int at, bool ignoreCase, string where, int depth = 0)
    {
        if (depth > MaxDepth) { Throw.Unsupported(pattern, at, where, $"classes nested deeper than {MaxDepth}"); }
        var negated = at < pattern.Length && pattern[at] == '^';
        if (negated) { at++; }
        var ranges = new List<(int, int)>();
        var parts = new List<CharClass>();
        for (var first = true; ; first = false)
        {
            if (at >= pattern.Length) { Throw.Malformed(pattern, at, where, "a class is not closed"); }
            var rest = pattern.AsSpan(at);
            if (rest[0] == ']' && !first) { at++; break; }
            if (rest.StartsWith("&&")) { Throw.Unsupported(pattern, at, where, "'&&' in a class"); }
            if (rest.StartsWith("[:")) { parts.Add(Posix(pattern, ref at, where)); continue; }
            if (rest[0] == '[')
            {
                at++;
                parts.Add(Bracket(pattern, ref at, ignoreCase, where, depth + 1));
                continue;
            }
            if (Member(pattern, ref at, where, parts) is not { } low) { continue; }
            var high = low;
            if (pattern.AsSpan(at).StartsWith("-") && at + 1 < pattern.Length && pattern[at + 1] is not (']' or '['))
            {
                at++;
                if (Member(pattern, ref at, where, parts) is not { } last) { Throw.Malformed(pattern, at, where, "a range ends with a class"); return null; }
                if (last < low) { Throw.Malformed(pattern, at, where, "a range ends before it starts"); }
                high = last;
            }
            if (ignoreCase) { ranges.AddRange(CaseVariants.OfRange(low, high)); }
            ranges.Add((low, high));
        }
        return new CharClass(0, ranges, parts, negated);
    }

    /// <summary>A character of a class; null where it was a class itself and is added.</summary>
    static int? Member(string pattern, ref int at, string where, List<CharClass> parts)
    {
        var c = CodePoints.At(pattern, at, out var length);
        at += length;
        if (c != '\\') { return c; }
        if (at < pattern.Length && pattern[at] == 'b') { at++; return '\b'; }
        var escaped = Escape(pattern, ref at, ignoreCase: false, where);
        if (escaped.Single is { } single) { return single; }
        parts.Add(escaped);
        return null;
    }

    static CharClass Property(string pattern, ref int at, bool negated, string where)
    {
        var end = pattern.IndexOf('}', at);
        if (at >= pattern.Length || pattern[at] != '{' || end < 0) { Throw.Malformed(pattern, at, where, "'\\p' is not followed by a name in braces"); }
        var name = pattern[(at + 1)..end];
        at = end + 1;
        if (name.StartsWith('^')) { (negated, name) = (!negated, name[1..]); }
        var found = name switch
        {
            "Han" or "han" => Scripts.Han,
            "Any" or "any" => CharClass.Any,
            "Letter" => CharClass.OfName("L"),
            "Mark" => CharClass.OfName("M"),
            "Number" => CharClass.OfName("N"),
            "Punctuation" or "Punct" or "punct" => CharClass.OfName("P"),
            "Symbol" => CharClass.OfName("S"),
            "Separator" => CharClass.OfName("Z"),
            "Space" or "space" or "White_Space" => CharClass.Space,
            _ => CharClass.OfName(name),
        };
        if (found is null) { Throw.Unsupported(pattern, at, where, $"the property '{name}'"); }
        return negated ? found.Negate() : found;
    }

    static CharClass Posix(string pattern, ref int at, string where)
    {
        var end = pattern.IndexOf(":]", at, StringComparison.Ordinal);
        var name = end < 0 ? "" : pattern[(at + 2)..end];
        var negated = name.StartsWith('^');
        var found = name.TrimStart('^') switch
        {
            "space" => CharClass.Space,
            "digit" => CharClass.OfName("Nd"),
            "word" => CharClass.Word,
            "upper" => null, // Oniguruma: Uppercase, which is more than Lu
            _ => null,
        };
        if (found is null) { Throw.Unsupported(pattern, at, where, $"the class '[:{name}:]'"); }
        at = end + 2;
        return negated ? found.Negate() : found;
    }

    static int Hex(string pattern, ref int at, bool four, string where)
    {
        var (start, most) = (at, four ? 4 : 2);
        if (!four && at < pattern.Length && pattern[at] == '{')
        {
            var end = pattern.IndexOf('}', at);
            if (end > 0 && int.TryParse(pattern.AsSpan(at + 1, end - at - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && code is >= 0 and <= 0x10FFFF)
            {
                at = end + 1;
                return code;
            }
            Throw.Malformed(pattern, at, where, "'\\x{' holds no code point");
        }
        while (at < pattern.Length && at - start < most && char.IsAsciiHexDigit(pattern[at])) { at++; }
        if (at == start || four && at - start < 4) { Throw.Malformed(pattern, at, where, "a code point has too few digits"); }
        return int.Parse(pattern.AsSpan(start, at - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    internal static class Throw
    {
        [DoesNotReturn]
        internal static PatternNode Malformed(string pattern, int at, string where, string fault) => throw new MalformedDataException(
            "TOK-5.2", where, $"the pattern {Quoted.Text(pattern)} is no regular expression: at {at}, {fault}");

        [DoesNotReturn]
        internal static PatternNode Unsupported(string pattern, int at, string where, string what) => throw new UnsupportedDataException(
            "TOK-5.3", where, $"the pattern {Quoted.Text(pattern)} uses, at {at}, {what}, which is not supported");
    }
}
