namespace Ckpt.Sharding.Elements;

/// <summary>e2m1, the 4-bit floating-point type: a sign, two bits of exponent, one of mantissa; no infinity, no NaN (NUM-2.4).</summary>
public static class Float4
{
    static readonly float[] s_values = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>The value of each of the 16 codes.</summary>
    public static ReadOnlySpan<float> Values => s_values;
}
