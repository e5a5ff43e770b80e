using System.Globalization;
using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary><c>format % values</c>.</summary>
static class PythonPercent
{
    internal static string Format(JinjaRun run, string format, JinjaValue values)
    {
        JinjaValue[] positional = values is JinjaTuple tuple ? tuple.Items : [values];
        var (text, next, usedNames) = (new StringBuilder(), 0, false);
        run.Pay(format.Length);
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%') { text.Append(format[at]); continue; }
            at++;
            JinjaValue? named = null;
            if (At(format, at) == '(') { (named, usedNames) = (Named(run, format, ref at, values), true); }
            var spec = Spec(run, format, ref at, () => Take(run, positional, ref next));
            if (spec.Letter == '%') { text.Append('%'); continue; }
            text.Append(One(run, spec, named ?? Take(run, positional, ref next)));
        }
        if (!usedNames && next < positional.Length && values is not (JinjaDict or JinjaList or JinjaRange or JinjaUndefined)) { throw JinjaThrow.Type(run, "not all arguments converted during string formatting"); }
        return text.ToString();
    }

    static JinjaValue Take(JinjaRun run, JinjaValue[] values, ref int next)
    {
        if (next >= values.Length) { JinjaThrow.Type(run, "not enough arguments for format string"); }
        return values[next++];
    }

    static char At(string format, int at) => at < format.Length ? format[at] : '\0';

    static JinjaValue Named(JinjaRun run, string format, ref int at, JinjaValue values)
    {
        var end = format.IndexOf(')', at);
        if (end < 0) { JinjaThrow.Value(run, "incomplete format key"); }
        if (values is not JinjaDict dict) { throw JinjaThrow.Type(run, "format requires a mapping"); }
        var name = format[(at + 1)..end];
        if (!dict.Items.TryGetValue(new JinjaString(name), out var value)) { JinjaThrow.Python(run, "KeyError", $"'{name}'"); }
        at = end + 1;
        return value;
    }

    static PythonSpec Spec(JinjaRun run, string format, ref int at, Func<JinjaValue> take)
    {
        var flags = at;
        while (At(format, at) is '#' or '0' or '-' or ' ' or '+') { at++; }
        var set = format[flags..at];
        var width = Count(run, format, ref at, take) ?? 0;
        var precision = -1L;
        if (At(format, at) == '.')
        {
            at++;
            precision = Count(run, format, ref at, take) ?? 0;
        }
        if (precision > PythonSpec.MaxPrecision) { JinjaThrow.Limit(run, $"a precision of more than {PythonSpec.MaxPrecision}"); }
        while (At(format, at) is 'h' or 'l' or 'L') { at++; }
        if (at >= format.Length) { JinjaThrow.Value(run, "incomplete format"); }
        var isLeft = set.Contains('-', StringComparison.Ordinal) || width < 0;
        var zero = set.Contains('0', StringComparison.Ordinal) && !isLeft && format[at] is not ('s' or 'r' or 'a' or 'c');
        return new PythonSpec(zero ? "0" : " ", isLeft ? '<' : zero ? '=' : '>', set.Contains('+', StringComparison.Ordinal) ? '+' : set.Contains(' ', StringComparison.Ordinal) ? ' ' : '\0',
            set.Contains('#', StringComparison.Ordinal), Math.Abs(width), '\0', (int)precision, format[at]);
    }

    static long? Count(JinjaRun run, string format, ref int at, Func<JinjaValue> take)
    {
        if (At(format, at) == '*')
        {
            at++;
            return Math.Clamp(JinjaNumbers.Long(run, take()), -int.MaxValue, int.MaxValue);
        }
        var start = at;
        while (char.IsAsciiDigit(At(format, at))) { at++; }
        if (at == start) { return null; }
        if (at - start > 10) { JinjaThrow.Value(run, "width too big"); }
        return long.Parse(format.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    static string One(JinjaRun run, PythonSpec spec, JinjaValue value)
    {
        switch (spec.Letter)
        {
            case 's' or 'r' or 'a':
                var text = spec.Letter == 's' ? JinjaText.Str(run, value) : JinjaText.Repr(run, value);
                if (spec.Precision >= 0) { text = text[..PythonText.UnitAt(text, spec.Precision)]; }
                return spec.Pad(run, "", text, '>');
            case 'c':
                if (value is JinjaString { Text: var character } && PythonText.Length(character) == 1) { return spec.Pad(run, "", character, '>'); }
                if (JinjaNumbers.TryInteger(value, out var code)) { return spec.Pad(run, "", PythonSpec.Character(run, code), '>'); }
                JinjaThrow.Type(run, "%c requires an int or a unicode character");
                return "";
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o':
                if (JinjaNumbers.TryInteger(value, out var integer)) { return spec.Integer(run, integer); }
                if (spec.Letter is 'd' or 'i' or 'u' && value is JinjaFloat { Value: var real } && double.IsFinite(real)) { return spec.Integer(run, new System.Numerics.BigInteger(Math.Truncate(real))); }
                JinjaThrow.Type(run, $"%{spec.Letter} format: a real number is required, not {value.TypeName}");
                return "";
            case 'f' or 'F' or 'e' or 'E' or 'g' or 'G':
                if (!JinjaNumbers.IsNumber(value)) { JinjaThrow.Type(run, $"must be real number, not {value.TypeName}"); }
                return spec.Real(run, JinjaNumbers.Float(run, value));
            default:
                JinjaThrow.Value(run, $"unsupported format character '{spec.Letter}'");
                return "";
        }
    }
}
