using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>The escapes of string literals, as Python's unicode-escape codec reads them.</summary>
static class PythonEscapes
{
    internal static string Decode(string literal, string where, int line)
    {
        if (!literal.Contains('\\', StringComparison.Ordinal)) { return literal; }
        var text = new StringBuilder(literal.Length);
        for (var i = 0; i < literal.Length; i++)
        {
            if (literal[i] != '\\') { text.Append(literal[i]); continue; }
            i++; // a literal never ends in a lone backslash: it would have escaped the quote
            switch (literal[i])
            {
                case '\n': break;
                case '\\' or '\'' or '"': text.Append(literal[i]); break;
                case 'a': text.Append('\a'); break;
                case 'b': text.Append('\b'); break;
                case 'f': text.Append('\f'); break;
                case 'n': text.Append('\n'); break;
                case 'r': text.Append('\r'); break;
                case 't': text.Append('\t'); break;
                case 'v': text.Append('\v'); break;
                case 'x': Hex(literal, ref i, 2, text, where, line); break;
                case 'u': Hex(literal, ref i, 4, text, where, line); break;
                case 'U': Hex(literal, ref i, 8, text, where, line); break;
                case 'N': JinjaThrow.Syntax(where, line, "\\N{…} names a character; write the character or \\u"); break;
                case >= '0' and <= '7': Octal(literal, ref i, text); break;
                default: text.Append('\\').Append(literal[i]); break;
            }
        }
        return text.ToString();
    }

    static void Hex(string literal, ref int at, int digits, StringBuilder text, string where, int line)
    {
        var value = 0L;
        for (var digit = 1; digit <= digits; digit++)
        {
            if (at + digit >= literal.Length || !char.IsAsciiHexDigit(literal[at + digit])) { JinjaThrow.Syntax(where, line, $"truncated \\{literal[at]} escape"); }
            value = (value * 16) + Convert.ToInt32(literal[at + digit].ToString(), 16);
        }
        if (value > 0x10FFFF) { JinjaThrow.Syntax(where, line, "illegal Unicode character"); }
        at += digits;
        if (value > 0xFFFF) { text.Append(char.ConvertFromUtf32((int)value)); }
        else { text.Append((char)value); }
    }

    static void Octal(string literal, ref int at, StringBuilder text)
    {
        var value = 0;
        var end = at;
        while (end < literal.Length && end < at + 3 && literal[end] is >= '0' and <= '7') { value = (value * 8) + literal[end++] - '0'; }
        at = end - 1;
        text.Append((char)value);
    }
}
