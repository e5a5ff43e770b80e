using System.Globalization;
using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>What stands behind the colon of a format field, or between % and its letter.</summary>
/// <param name="Fill">One code point.</param>
/// <param name="Align">'&lt;', '&gt;', '^', '=' or none.</param>
/// <param name="Sign">'+', '-', ' ' or none.</param>
/// <param name="Alternate">Whether # was given.</param>
/// <param name="Width">0 where none was given.</param>
/// <param name="Grouping">',' or '_' or none.</param>
/// <param name="Precision">-1 where none was given.</param>
/// <param name="Letter">The conversion, or none.</param>
readonly record struct PythonSpec(string Fill, char Align, char Sign, bool Alternate, long Width, char Grouping, int Precision, char Letter)
{
    /// <summary>Digits behind the point that anybody may ask for.</summary>
    internal const int MaxPrecision = 1000;

    /// <summary>The field: the value's text padded to the width.</summary>
    internal string Pad(JinjaRun run, string sign, string body, char naturalAlign)
    {
        var align = Align == '\0' ? naturalAlign : Align;
        if (align == '=')
        {
            var missing = Width - sign.Length - PythonText.Length(body);
            return missing <= 0 ? sign + body : sign + JinjaStringMethods.Pad(run, body, Width - sign.Length, Fill, '>').Text;
        }
        if (align != '^') { return JinjaStringMethods.Pad(run, sign + body, Width, Fill, align).Text; }
        var length = PythonText.Length(sign + body); // an odd space goes right here, where str.center has a rule of its own
        var left = JinjaStringMethods.Pad(run, sign + body, length + (Math.Max(Width - length, 0) / 2), Fill, '>').Text;
        return JinjaStringMethods.Pad(run, left, Width, Fill, '<').Text;
    }

    /// <summary>An int as this says.</summary>
    internal string Integer(JinjaRun run, BigInteger value)
    {
        var magnitude = BigInteger.Abs(value);
        var body = Letter switch
        {
            'x' => Radix(magnitude, 16),
            'X' => Radix(magnitude, 16).ToUpperInvariant(),
            'o' => Radix(magnitude, 8),
            'b' => Radix(magnitude, 2),
            'c' => Character(run, value),
            _ => magnitude.ToString(CultureInfo.InvariantCulture),
        };
        run.Pay(body.Length);
        if (Precision > body.Length) { body = body.PadLeft(Precision, '0'); }
        var prefix = Alternate && Letter is 'x' or 'X' or 'o' or 'b' && Alternate ? "0" + Letter : "";
        return Pad(run, (Letter == 'c' ? "" : SignOf(value.Sign < 0)) + prefix, Letter == 'c' ? body : Group(body, Letter is 'x' or 'X' or 'o' or 'b' ? 4 : 3), Letter == 'c' ? '<' : '>');
    }

    /// <summary>A float as this says.</summary>
    internal string Real(JinjaRun run, double value)
    {
        var isUpper = char.IsUpper(Letter);
        if (!double.IsFinite(value))
        {
            var name = double.IsNaN(value) ? "nan" : "inf";
            return Pad(run, SignOf(value < 0), (isUpper ? name.ToUpperInvariant() : name) + (Letter == '%' ? "%" : ""), '>');
        }
        var precision = Precision < 0 ? 6 : Precision;
        run.Pay(precision + 320L);
        var magnitude = Math.Abs(value);
        var body = char.ToLowerInvariant(Letter) switch
        {
            'f' => PythonFloat.Fixed(magnitude, precision),
            '%' => PythonFloat.Fixed(magnitude * 100, precision) + "%",
            'e' => PythonFloat.Significant(magnitude, precision + 1) is var (digits, exponent) ? PythonFloat.Scientific(digits, exponent, isUpper ? 'E' : 'e') : "",
            'g' or 'n' => General(magnitude, Math.Max(precision, 1), isUpper, keepsPoint: false),
            _ => Precision < 0 ? PythonFloat.Repr(magnitude) : General(magnitude, Math.Max(precision, 1), isUpper, keepsPoint: true),
        };
        var point = body.IndexOfAny(['.', 'e', 'E', '%']);
        var whole = point < 0 ? body : body[..point];
        return Pad(run, SignOf(double.IsNegative(value)), Group(whole, 3) + body[whole.Length..], '>');
    }

    string General(double magnitude, int precision, bool isUpper, bool keepsPoint)
    {
        var (digits, exponent) = PythonFloat.Significant(magnitude, precision);
        if (!Alternate) { digits = digits.TrimEnd('0') is { Length: > 0 } some ? some : "0"; }
        if (exponent < -4 || exponent >= precision - (keepsPoint ? 1 : 0)) { return PythonFloat.Scientific(digits, exponent, isUpper ? 'E' : 'e'); }
        if (exponent < 0) { return $"0.{new string('0', -exponent - 1)}{digits}"; }
        if (digits.Length > exponent + 1) { return $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}"; }
        return digits.PadRight(exponent + 1, '0') + (keepsPoint ? ".0" : "");
    }

    internal static string Character(JinjaRun run, BigInteger value)
    {
        if (value < 0 || value > 0x10FFFF) { JinjaThrow.Python(run, "OverflowError", "%c arg not in range(0x110000)"); }
        return value > 0xFFFF ? char.ConvertFromUtf32((int)value) : ((char)(int)value).ToString();
    }

    string SignOf(bool isNegative) => isNegative ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "";

    string Group(string digits, int every)
    {
        if (Grouping == '\0' || digits.Length <= every) { return digits; }
        var first = digits.Length % every == 0 ? every : digits.Length % every;
        var groups = new List<string> { digits[..first] };
        for (var at = first; at < digits.Length; at += every) { groups.Add(digits.Substring(at, every)); }
        return string.Join(Grouping, groups);
    }

    static string Radix(BigInteger value, int radix)
    {
        if (value.IsZero) { return "0"; }
        var digits = new Stack<char>();
        for (; !value.IsZero; value /= radix) { digits.Push("0123456789abcdef"[(int)(value % radix)]); }
        return string.Concat(digits);
    }
}
