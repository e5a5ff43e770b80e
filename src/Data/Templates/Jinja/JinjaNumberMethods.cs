using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Methods and attributes of numbers that a template may use.</summary>
static class JinjaNumberMethods
{
    internal static JinjaValue? Find(JinjaValue number, string name)
    {
        var isInteger = JinjaNumbers.TryInteger(number, out var integer);
        return name switch
        {
            "real" => isInteger ? new JinjaInt(integer) : number,
            "imag" => isInteger ? new JinjaInt(0) : new JinjaFloat(0),
            "numerator" when isInteger => new JinjaInt(integer),
            "denominator" when isInteger => new JinjaInt(1),
            "conjugate" => Method(name, _ => isInteger ? new JinjaInt(integer) : number),
            "bit_length" when isInteger => Method(name, _ => new JinjaInt(integer.Sign < 0 ? (-integer).GetBitLength() : integer.GetBitLength())),
            "bit_count" when isInteger => Method(name, _ => new JinjaInt(Ones(BigInteger.Abs(integer)))),
            "is_integer" => Method(name, _ => JinjaBool.Of(isInteger || (number is JinjaFloat { Value: var real } && double.IsFinite(real) && real == Math.Floor(real)))),
            _ => null,
        };
    }

    static JinjaFunction Method(string name, Func<JinjaArguments, JinjaValue> body) => new(name, arguments =>
    {
        arguments.Bind(name, 0);
        return body(arguments);
    }, "builtin_function_or_method");

    static int Ones(BigInteger value) => value.ToByteArray().Sum(b => BitOperations.PopCount(b));
}
