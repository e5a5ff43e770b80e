using System.Numerics;

namespace Ckpt.Models.Adapters;

/// <summary>A sum of doubles without rounding, so that the order in which threads add does not matter.</summary>
sealed class ExactSum
{
    const int Smallest = -1074; // the exponent of the last bit of the smallest double

    BigInteger _units;

    internal void Add(double value)
    {
        if (value == 0 || !double.IsFinite(value)) { return; }
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52);
        var units = new BigInteger(mantissa) << Math.Max(0, exponent - 1);
        _units += value < 0 ? -units : units;
    }

    /// <summary>The sum, rounded once (to 63 bits, then to a double).</summary>
    internal double Value
    {
        get
        {
            var length = (int)Math.Min(int.MaxValue, BigInteger.Abs(_units).GetBitLength());
            var cut = Math.Max(0, length - 63);
            return Math.ScaleB((double)(long)(_units >> cut), Smallest + cut);
        }
    }
}
