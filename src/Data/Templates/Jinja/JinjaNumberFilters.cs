using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Filters that give numbers, or take them.</summary>
static partial class JinjaNumberFilters
{
    static readonly string[] s_decimalSizes = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    static readonly string[] s_binarySizes = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

    internal static JinjaValue Abs(JinjaArguments arguments)
    {
        var value = arguments.Bind("abs", 1, "x")[0]!;
        if (JinjaNumbers.TryInteger(value, out var integer)) { return new JinjaInt(BigInteger.Abs(integer)); }
        if (value is not JinjaFloat real) { throw JinjaThrow.Type(arguments.Run, $"bad operand type for abs(): '{value.TypeName}'"); }
        return new JinjaFloat(Math.Abs(real.Value));
    }

    internal static JinjaValue Int(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("int", 1, "value", "default", "base");
        var fallback = given[1] ?? new JinjaInt(0);
        switch (given[0])
        {
            case JinjaUndefined undefined:
                JinjaOperators.Refuse(run, undefined);
                return fallback;
            case JinjaString text:
                var radix = given[2] is null ? 10 : JinjaNumbers.Long(run, given[2]!);
                if (ParseInteger(text.Text, radix) is { } integer) { return JinjaNumbers.Int(run, integer); }
                return ParseFloat(text.Text) is { } real && double.IsFinite(real) ? new JinjaInt(new BigInteger(Math.Truncate(real))) : fallback;
            case JinjaFloat number: return double.IsFinite(number.Value) ? new JinjaInt(new BigInteger(Math.Truncate(number.Value))) : double.IsNaN(number.Value) ? fallback : Overflow(run, fallback);
            default: return JinjaNumbers.TryInteger(given[0]!, out var whole) ? new JinjaInt(whole) : fallback;
        }
    }

    internal static JinjaValue Float(JinjaArguments arguments)
    {
        var given = arguments.Bind("float", 1, "value", "default");
        if (given[0] is JinjaUndefined undefined) { JinjaOperators.Refuse(arguments.Run, undefined); }
        if (JinjaNumbers.IsNumber(given[0]!)) { return new JinjaFloat(JinjaNumbers.Float(arguments.Run, given[0]!)); }
        var fallback = given[1] ?? new JinjaFloat(0);
        return given[0] is JinjaString text && ParseFloat(text.Text) is { } real ? new JinjaFloat(real) : fallback;
    }

    internal static JinjaValue Round(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("round", 1, "value", "precision", "method");
        var precision = given[1] is null ? 0 : Math.Clamp(JinjaNumbers.Long(run, given[1]!), -400, 400);
        var method = given[2] is null ? "common" : JinjaText.Str(run, given[2]!);
        if (method is not ("common" or "ceil" or "floor")) { JinjaThrow.Argument(run, "method must be common, ceil or floor"); }
        if (method != "common" && given[0] is JinjaUndefined undefined) { JinjaOperators.Refuse(run, undefined); }
        if (!JinjaNumbers.IsNumber(given[0]!)) { JinjaThrow.Type(run, $"type {given[0]!.TypeName} doesn't define __round__ method"); }
        if (method != "common")
        {
            var scale = Math.Pow(10, precision);
            var scaled = JinjaNumbers.Float(run, given[0]!) * scale;
            return new JinjaFloat((method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale);
        }
        if (JinjaNumbers.TryInteger(given[0]!, out var integer)) { return new JinjaInt(precision >= 0 ? integer : RoundInteger(integer, (int)-precision)); }
        var value = ((JinjaFloat)given[0]!).Value;
        if (!double.IsFinite(value)) { return given[0]!; }
        return new JinjaFloat(precision >= 0
            ? double.Parse(PythonFloat.Fixed(value, (int)precision), CultureInfo.InvariantCulture)
            : (double)RoundInteger(new BigInteger(Math.Truncate(value)), (int)-precision));
    }

    internal static JinjaValue Sum(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("sum", 1, "iterable", "attribute", "start");
        var total = given[2] ?? new JinjaInt(0);
        var attribute = JinjaAttributePath.Of(run, given[1]);
        foreach (var item in JinjaIteration.Items(run, given[0]!))
        {
            if (item is JinjaString || total is JinjaString) { JinjaThrow.Type(run, "sum() can't sum strings [use ''.join(seq) instead]"); }
            total = JinjaOperators.Binary(run, "+", total, attribute(item));
        }
        return total;
    }

    internal static JinjaValue FileSize(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("filesizeformat", 1, "value", "binary");
        var bytes = given[0] is JinjaString text && ParseFloat(text.Text) is { } parsed ? parsed : JinjaNumbers.IsNumber(given[0]!) ? JinjaNumbers.Float(run, given[0]!) : double.NaN;
        if (!double.IsFinite(bytes)) { JinjaThrow.Value(run, "could not convert to a size"); }
        var isBinary = given[1] is { } flag && JinjaOperators.Truth(run, flag);
        var unit = isBinary ? 1024.0 : 1000.0;
        if (bytes == 1) { return new JinjaString("1 Byte"); }
        if (bytes < unit) { return new JinjaString(string.Create(CultureInfo.InvariantCulture, $"{(long)bytes} Bytes")); }
        var names = isBinary ? s_binarySizes : s_decimalSizes;
        var power = 0;
        while (power < names.Length - 1 && bytes >= Math.Pow(unit, power + 2)) { power++; }
        return new JinjaString($"{PythonFloat.Fixed(unit * bytes / Math.Pow(unit, power + 2), 1)} {names[power]}");
    }

    /// <summary>int(text, base); null where Python raises ValueError.</summary>
    internal static BigInteger? ParseInteger(string text, long radix)
    {
        var match = Integer().Match(PythonText.TrimStart(PythonText.TrimEnd(text)).ToString());
        if (!match.Success || text.Length > 4300 || (radix != 0 && radix is < 2 or > 36)) { return null; }
        var digits = match.Groups["digits"].Value.Replace("_", "", StringComparison.Ordinal);
        var prefix = digits.Length > 2 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix != 0 && (radix == prefix || radix == 0)) { (digits, radix) = (digits[2..], prefix); }
        if (radix == 0) { radix = 10; }
        var value = BigInteger.Zero;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
            if (digit >= radix) { return null; }
            value = (value * radix) + digit;
        }
        return match.Value[0] == '-' ? -value : value;
    }

    /// <summary>float(text); null where Python raises ValueError.</summary>
    internal static double? ParseFloat(string text)
    {
        var trimmed = PythonText.TrimStart(PythonText.TrimEnd(text)).ToString();
        if (Real().IsMatch(trimmed)) { return double.Parse(trimmed.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture); }
        return trimmed.TrimStart('+', '-').ToLowerInvariant() switch
        {
            "inf" or "infinity" when trimmed.Length - trimmed.TrimStart('+', '-').Length <= 1 => trimmed[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
            "nan" when trimmed.Length <= 4 => double.NaN,
            _ => null,
        };
    }

    static JinjaValue Overflow(JinjaRun run, JinjaValue value)
    {
        JinjaThrow.Python(run, "OverflowError", "cannot convert float infinity to integer");
        return value;
    }

    static BigInteger RoundInteger(BigInteger value, int zeros)
    {
        var unit = BigInteger.Pow(10, zeros);
        var quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out var rest);
        var half = (rest * 2).CompareTo(unit);
        if (half > 0 || (half == 0 && !quotient.IsEven)) { quotient++; }
        return quotient * unit * value.Sign;
    }

    [GeneratedRegex(@"^[+-]?(?<digits>[0-9A-Za-z]+(?:_[0-9A-Za-z]+)*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[+-]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Real();
}
