namespace Ckpt.Sharding.Elements;

/// <summary>e8m0fnu, the type of scales that are powers of two: an exponent, no sign, no mantissa, no zero; 0xFF is NaN (NUM-2.3).</summary>
public static class ScaleBits
{
    const byte NaN = 0xFF;

    static readonly float[] s_values = [.. Enumerable.Range(0, 256).Select(static code => code == NaN ? float.NaN : float.ScaleB(1, code - 127))];

    /// <summary>The value of each of the 256 codes.</summary>
    public static ReadOnlySpan<float> Values => s_values;

    /// <summary>The power of two nearest in exponent, the larger from 1.5 on; the sign is ignored, as torch ignores it.</summary>
    public static byte Encode(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value) & 0x7FFF_FFFF;
        if (bits >= 0x7F80_0000) { return NaN; }
        // The highest bit of the mantissa decides; below 2^-126 there is no leading one, and that bit alone is 2^-127, which is code 0.
        return (byte)((bits >> 23) + (bits >> 22 & 1) - (bits == 0x0040_0000 ? 1u : 0));
    }

    /// <summary>The smallest power of two that is not below a positive finite number.</summary>
    public static float CeilingPower(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (bits < 0x0080_0000) { return float.ScaleB(1, -126); }
        return BitConverter.UInt32BitsToSingle((bits & 0x7F80_0000) + ((bits & 0x007F_FFFF) == 0 ? 0u : 0x0080_0000u));
    }
}
