using System.Globalization;
using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Floats as Python writes them: the shortest text that reads back, or digits of the exact value rounded half to even.</summary>
static class PythonFloat
{
    /// <summary>repr().</summary>
    internal static string Repr(double value)
    {
        if (double.IsNaN(value)) { return "nan"; }
        if (double.IsInfinity(value)) { return value > 0 ? "inf" : "-inf"; }
        var sign = double.IsNegative(value) ? "-" : "";
        if (value == 0) { return sign + "0.0"; }
        var (digits, exponent) = Shortest(Math.Abs(value));
        if (exponent is < -4 or >= 16) { return sign + Scientific(digits, exponent, 'e'); }
        if (exponent < 0) { return $"{sign}0.{new string('0', -exponent - 1)}{digits}"; }
        return digits.Length > exponent + 1 ? $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}" : $"{sign}{digits.PadRight(exponent + 1, '0')}.0";
    }

    /// <summary>A mantissa of these digits, and the exponent with a sign and two digits at least.</summary>
    internal static string Scientific(string digits, int exponent, char letter)
    {
        var mantissa = digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits;
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}{letter}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    /// <summary>The shortest digits that read back, and the decimal exponent of the first.</summary>
    internal static (string Digits, int Exponent) Shortest(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var digits = (e < 0 ? text : text[..e]).Replace(".", "", StringComparison.Ordinal).Trim('0');
        return (digits.Length == 0 ? "0" : digits, ExponentOf(text, e));
    }

    /// <summary>A number of decimals, exact and rounded half to even.</summary>
    internal static string Fixed(double value, int decimals)
    {
        var (numerator, denominator) = Fraction(Math.Abs(value));
        var scaled = DivideHalfEven(numerator * BigInteger.Pow(10, decimals), denominator).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        var sign = double.IsNegative(value) ? "-" : "";
        return decimals == 0 ? sign + scaled : $"{sign}{scaled[..^decimals]}.{scaled[^decimals..]}";
    }

    /// <summary>So many digits of a value above zero, exact and rounded half to even, and the decimal exponent of the first.</summary>
    internal static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0) { return (new string('0', count), 0); }
        var (numerator, denominator) = Fraction(value);
        var exponent = Shortest(value).Exponent;
        while (true)
        {
            var shift = count - 1 - exponent;
            var scaled = shift >= 0 ? DivideHalfEven(numerator * BigInteger.Pow(10, shift), denominator) : DivideHalfEven(numerator, denominator * BigInteger.Pow(10, -shift));
            var digits = scaled.ToString(CultureInfo.InvariantCulture);
            if (digits.Length == count) { return (digits, exponent); }
            exponent += digits.Length - count;
        }
    }

    /// <summary>The value as a fraction of integers.</summary>
    internal static (BigInteger Numerator, BigInteger Denominator) Fraction(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFF;
        if (exponent == 0) { exponent++; } else { mantissa |= 1L << 52; }
        exponent -= 1075;
        return exponent >= 0 ? (new BigInteger(mantissa) << exponent, BigInteger.One) : (mantissa, BigInteger.One << -exponent);
    }

    static BigInteger DivideHalfEven(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(numerator, denominator, out var rest);
        var half = (rest * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    static int ExponentOf(string text, int e)
    {
        if (e >= 0) { return int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture); }
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? text : text[..point];
        if (whole != "0") { return whole.Length - 1; }
        for (var i = point + 1; i < text.Length; i++) { if (text[i] != '0') { return point - i; } }
        return 0;
    }
}
