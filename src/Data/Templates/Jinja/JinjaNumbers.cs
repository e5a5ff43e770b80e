using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Arithmetic of bool, int and float as Python has it, with ints of bounded size (TPL-3.2).</summary>
static class JinjaNumbers
{
    /// <summary>Bits of an int; CPython writes 4300 digits, this is more.</summary>
    const int MaxBits = 1 << 15;

    internal static bool IsNumber(JinjaValue value) => value is JinjaBool or JinjaInt or JinjaFloat;

    /// <summary>The value of a bool or an int.</summary>
    internal static bool TryInteger(JinjaValue value, out BigInteger integer)
    {
        (var isInteger, integer) = value switch
        {
            JinjaInt number => (true, number.Value),
            JinjaBool flag => (true, flag.Value ? BigInteger.One : BigInteger.Zero),
            _ => (false, BigInteger.Zero),
        };
        return isInteger;
    }

    internal static JinjaInt Int(JinjaRun run, BigInteger value)
    {
        if (value.GetBitLength() > MaxBits) { JinjaThrow.Limit(run, $"an int of more than {MaxBits} bits"); }
        return new JinjaInt(value);
    }

    /// <summary>An index or a count: an integer, cut to what a long holds.</summary>
    internal static long Long(JinjaRun run, JinjaValue value)
    {
        if (!TryInteger(value, out var integer)) { JinjaThrow.Type(run, $"'{value.TypeName}' object cannot be interpreted as an integer"); }
        return integer > long.MaxValue ? long.MaxValue : integer < long.MinValue ? long.MinValue : (long)integer;
    }

    internal static double Float(JinjaRun run, JinjaValue value)
    {
        if (value is JinjaFloat number) { return number.Value; }
        TryInteger(value, out var integer);
        var real = (double)integer;
        if (double.IsInfinity(real)) { JinjaThrow.Python(run, "OverflowError", "int too large to convert to float"); }
        return real;
    }

    /// <summary>The order of two numbers, exact between int and float; null where one is no number or not a number.</summary>
    internal static int? Compare(JinjaValue left, JinjaValue right)
    {
        var (leftIsInt, rightIsInt) = (TryInteger(left, out var a), TryInteger(right, out var b));
        return (left, right) switch
        {
            _ when leftIsInt && rightIsInt => a.CompareTo(b),
            (JinjaFloat x, JinjaFloat y) => double.IsNaN(x.Value) || double.IsNaN(y.Value) ? null : x.Value.CompareTo(y.Value),
            (JinjaFloat x, _) when rightIsInt => -Exact(b, x.Value),
            (_, JinjaFloat y) when leftIsInt => Exact(a, y.Value),
            _ => null,
        };
    }

    static int? Exact(BigInteger integer, double real)
    {
        if (double.IsNaN(real)) { return null; }
        if (double.IsInfinity(real)) { return real > 0 ? -1 : 1; }
        var whole = integer.CompareTo(new BigInteger(Math.Floor(real)));
        return whole == 0 && real > Math.Floor(real) ? -1 : whole;
    }

    /// <summary>An arithmetic operation of two numbers.</summary>
    internal static JinjaValue Apply(JinjaRun run, string sign, JinjaValue left, JinjaValue right)
    {
        var integers = TryInteger(left, out var a) & TryInteger(right, out var b);
        if (integers && sign is not "/" && !(sign is "**" && b.Sign < 0))
        {
            run.Pay((a.GetBitLength() + b.GetBitLength()) / 16);
            return Int(run, sign switch
            {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "**" => Power(run, a, b),
                "//" => Floor(run, a, b),
                _ => a - (Floor(run, a, b) * b),
            });
        }
        var (x, y) = (Float(run, left), Float(run, right));
        if (y == 0 && (sign is "/" or "//" or "%")) { JinjaThrow.Python(run, "ZeroDivisionError", "division by zero"); }
        return new JinjaFloat(sign switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => integers ? Divide(a, b) : x / y,
            "//" => Math.Floor((x - Modulo(x, y)) / y),
            "%" => Modulo(x, y),
            _ => Power(run, x, y),
        });
    }

    internal static JinjaValue Negate(JinjaRun run, JinjaValue value) =>
        TryInteger(value, out var integer) ? Int(run, -integer) : new JinjaFloat(-((JinjaFloat)value).Value);

    static BigInteger Power(JinjaRun run, BigInteger a, BigInteger b)
    {
        if (b > MaxBits && !a.IsZero && !BigInteger.Abs(a).IsOne) { JinjaThrow.Limit(run, $"an int of more than {MaxBits} bits"); }
        if (BigInteger.Abs(a).IsOne) { return b.IsEven ? BigInteger.One : a; }
        if (a.IsZero) { return b.IsZero ? BigInteger.One : BigInteger.Zero; }
        if (a.GetBitLength() * (double)b > MaxBits * 2) { JinjaThrow.Limit(run, $"an int of more than {MaxBits} bits"); }
        return BigInteger.Pow(a, (int)b);
    }

    static BigInteger Floor(JinjaRun run, BigInteger a, BigInteger b)
    {
        if (b.IsZero) { JinjaThrow.Python(run, "ZeroDivisionError", "division by zero"); }
        var quotient = BigInteger.DivRem(a, b, out var rest);
        return !rest.IsZero && (rest.Sign < 0) != (b.Sign < 0) ? quotient - 1 : quotient;
    }

    /// <summary>True division: exact operands where a double holds them, else by shifting to 64 bits of quotient.</summary>
    static double Divide(BigInteger a, BigInteger b)
    {
        if (a.GetBitLength() <= 53 && b.GetBitLength() <= 53) { return (double)a / (double)b; }
        var shift = (int)Math.Max(0, 66 - a.GetBitLength() + b.GetBitLength());
        var quotient = BigInteger.DivRem(a << shift, b, out var rest);
        if (!rest.IsZero) { quotient |= BigInteger.One; } // sticky, so that the one rounding below is right
        return Math.ScaleB((double)quotient, -shift);
    }

    static double Modulo(double x, double y)
    {
        var rest = x % y;
        return rest != 0 ? ((rest < 0) != (y < 0) ? rest + y : rest) : Math.CopySign(0, y);
    }

    static double Power(JinjaRun run, double x, double y)
    {
        if (x == 0 && y < 0) { JinjaThrow.Python(run, "ZeroDivisionError", "zero to a negative power"); }
        if (x < 0 && y != Math.Floor(y) && double.IsFinite(y)) { JinjaThrow.Unsupported(run, "a complex number"); }
        var power = Math.Pow(x, y);
        if (double.IsInfinity(power) && double.IsFinite(x) && double.IsFinite(y)) { JinjaThrow.Python(run, "OverflowError", "(34, 'Numerical result out of range')"); }
        return power;
    }
}
