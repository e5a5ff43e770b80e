using System.Globalization;
using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary><c>format.format(…)</c>, with attributes and items through the sandbox.</summary>
static class PythonFormat
{
    internal static string Format(JinjaArguments arguments, string format)
    {
        var next = 0;
        return Expand(arguments, format, ref next, 2);
    }

    static string Expand(JinjaArguments arguments, string format, ref int next, int depth)
    {
        var run = arguments.Run;
        if (depth == 0) { JinjaThrow.Value(run, "Max string recursion exceeded"); }
        run.Pay(format.Length);
        var text = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            var c = format[at];
            if (c is '{' or '}' && at + 1 < format.Length && format[at + 1] == c)
            {
                text.Append(c);
                at++;
            }
            else if (c == '}') { JinjaThrow.Value(run, "Single '}' encountered in format string"); }
            else if (c == '{')
            {
                var end = FieldEnd(run, format, at);
                text.Append(Field(arguments, format[(at + 1)..end], ref next, depth));
                at = end;
            }
            else { text.Append(c); }
        }
        return text.ToString();
    }

    static int FieldEnd(JinjaRun run, string format, int begin)
    {
        var open = 0;
        for (var at = begin; at < format.Length; at++)
        {
            if (format[at] == '{') { open++; }
            else if (format[at] == '}' && --open == 0) { return at; }
        }
        JinjaThrow.Value(run, "expected '}' before end of string");
        return -1;
    }

    static string Field(JinjaArguments arguments, string field, ref int next, int depth)
    {
        var run = arguments.Run;
        var colon = field.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? field : field[..colon];
        var bang = name.IndexOf('!', StringComparison.Ordinal);
        var conversion = bang < 0 ? "" : name[(bang + 1)..];
        var value = Look(arguments, bang < 0 ? name : name[..bang], ref next);
        value = conversion switch
        {
            "" when bang < 0 => value,
            "s" => new JinjaString(JinjaText.Str(run, value)),
            "r" or "a" => new JinjaString(JinjaText.Repr(run, value)),
            _ => Unknown(run, conversion),
        };
        var spec = colon < 0 ? "" : Expand(arguments, field[(colon + 1)..], ref next, depth - 1);
        return One(run, value, spec);
    }

    static JinjaNone Unknown(JinjaRun run, string conversion)
    {
        JinjaThrow.Value(run, $"Unknown conversion specifier '{conversion}'");
        return JinjaNone.Instance;
    }

    static JinjaValue Look(JinjaArguments arguments, string name, ref int next)
    {
        var run = arguments.Run;
        var end = name.AsSpan().IndexOfAny('.', '[');
        var first = end < 0 ? name : name[..end];
        JinjaValue? value;
        if (first.Length == 0 || first.All(char.IsAsciiDigit))
        {
            var index = first.Length == 0 ? next++ : first.Length < 10 ? int.Parse(first, CultureInfo.InvariantCulture) : int.MaxValue;
            if (index >= arguments.Positional.Length) { JinjaThrow.Python(run, "IndexError", $"Replacement index {index} out of range for positional args tuple"); }
            value = arguments.Positional[index];
        }
        else if (!arguments.Named.TryGetValue(first, out value)) { JinjaThrow.Python(run, "KeyError", $"'{first}'"); }
        for (var at = end; at >= 0 && at < name.Length;)
        {
            run.Step();
            var isItem = name[at] == '[';
            var stop = isItem ? name.IndexOf(']', at) : name.AsSpan(at + 1).IndexOfAny('.', '[') is var more and >= 0 ? at + 1 + more : name.Length;
            if (stop < 0 || stop == at + 1) { JinjaThrow.Value(run, "Empty attribute in format string"); }
            var part = name[(at + 1)..stop];
            value = !isItem ? JinjaAccess.Attribute(run, value!, part)
                : JinjaAccess.Item(run, value!, part.Length < 10 && part.All(char.IsAsciiDigit) ? new JinjaInt(int.Parse(part, CultureInfo.InvariantCulture)) : new JinjaString(part));
            at = isItem ? stop + 1 : stop;
        }
        return value!;
    }

    static string One(JinjaRun run, JinjaValue value, string text)
    {
        if (text.Length == 0 || !(value is JinjaString || JinjaNumbers.IsNumber(value)))
        {
            if (text.Length > 0) { JinjaThrow.Type(run, $"unsupported format string passed to {value.TypeName}.__format__"); }
            return JinjaText.Str(run, value);
        }
        var spec = Spec(run, text, value is not JinjaString);
        if (value is JinjaString { Text: var own })
        {
            if (spec.Letter is not ('\0' or 's') || spec.Sign != '\0' || spec.Grouping != '\0') { JinjaThrow.Value(run, $"Unknown format code '{spec.Letter}' for object of type 'str'"); }
            if (spec.Precision >= 0) { own = own[..PythonText.UnitAt(own, spec.Precision)]; }
            return spec.Pad(run, "", own, '<');
        }
        if (JinjaNumbers.TryInteger(value, out var integer) && spec.Letter is '\0' or 'd' or 'x' or 'X' or 'o' or 'b' or 'n' or 'c' && value is not JinjaFloat)
        {
            if (spec.Precision >= 0) { JinjaThrow.Value(run, "Precision not allowed in integer format specifier"); }
            return spec.Integer(run, integer);
        }
        if (spec.Letter is not ('\0' or 'f' or 'F' or 'e' or 'E' or 'g' or 'G' or '%' or 'n')) { JinjaThrow.Value(run, $"Unknown format code '{spec.Letter}' for object of type '{value.TypeName}'"); }
        return spec.Real(run, JinjaNumbers.Float(run, value));
    }

    /// <summary>[[fill]align][sign][#][0][width][grouping][.precision][type].</summary>
    static PythonSpec Spec(JinjaRun run, string text, bool isNumber)
    {
        var (at, fill, align, sign, grouping) = (0, " ", '\0', '\0', '\0');
        var zeros = false;
        var width = PythonText.Width(text, 0);
        if (text.Length > width && text[width] is '<' or '>' or '^' or '=') { (fill, align, at) = (text[..width], text[width], width + 1); }
        else if (text[0] is '<' or '>' or '^' or '=') { (align, at) = (text[0], 1); }
        if (at < text.Length && text[at] is '+' or '-' or ' ') { sign = text[at++]; }
        var isAlternate = at < text.Length && text[at] == '#';
        if (isAlternate) { at++; }
        if (at < text.Length && text[at] == '0' && align == '\0') { (fill, zeros, at) = ("0", true, at + 1); }
        var size = Number(run, text, ref at) ?? 0;
        if (at < text.Length && text[at] is ',' or '_') { grouping = text[at++]; }
        var precision = -1;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            if (Number(run, text, ref at) is not { } digits) { throw JinjaThrow.Value(run, "Format specifier missing precision"); }
            if (digits > PythonSpec.MaxPrecision) { JinjaThrow.Limit(run, $"a precision of more than {PythonSpec.MaxPrecision}"); }
            precision = (int)digits;
        }
        var letter = at < text.Length ? text[at++] : '\0';
        if (at < text.Length) { JinjaThrow.Value(run, "Invalid format specifier"); }
        return new PythonSpec(fill, zeros && isNumber ? '=' : align, sign, isAlternate, size, grouping, precision, letter);
    }

    static long? Number(JinjaRun run, string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) { at++; }
        if (at == start) { return null; }
        if (at - start > 10) { JinjaThrow.Value(run, "Too many decimal digits in format string"); }
        return long.Parse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
