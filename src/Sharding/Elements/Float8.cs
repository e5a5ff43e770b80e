using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Elements;

/// <summary>
/// The 8-bit floating-point types: decoding to float32, which holds every value of theirs, and encoding to nearest, ties to even
/// (NUM-2.1, NUM-2.2).
/// </summary>
public static class Float8
{
    static readonly Float8Format s_e4m3 = new(Mantissa: 3, Bias: 7, Largest: 0x7E, Infinity: 0x7F, NaN: 0x7F, IsUnsignedZero: false, SaturatesInTorch: true);
    static readonly Float8Format s_e5m2 = new(Mantissa: 2, Bias: 15, Largest: 0x7B, Infinity: 0x7C, NaN: 0x7F, IsUnsignedZero: false, SaturatesInTorch: false);
    static readonly Float8Format s_e4m3Fnuz = new(Mantissa: 3, Bias: 8, Largest: 0x7F, Infinity: 0x80, NaN: 0x80, IsUnsignedZero: true, SaturatesInTorch: false);
    static readonly Float8Format s_e5m2Fnuz = new(Mantissa: 2, Bias: 16, Largest: 0x7F, Infinity: 0x80, NaN: 0x80, IsUnsignedZero: true, SaturatesInTorch: false);

    static readonly float[] s_e4m3Values = s_e4m3.Values();
    static readonly float[] s_e5m2Values = s_e5m2.Values();
    static readonly float[] s_e4m3FnuzValues = s_e4m3Fnuz.Values();
    static readonly float[] s_e5m2FnuzValues = s_e5m2Fnuz.Values();

    /// <summary>Whether the type is a number of 8 bits with a sign (a scale of type e8m0 is none).</summary>
    public static bool IsKnown(DType dtype) => dtype is DType.F8E4M3 or DType.F8E5M2 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz;

    /// <summary>The value of each of the 256 codes.</summary>
    public static ReadOnlySpan<float> Values(DType dtype) => Table(dtype);

    /// <summary>Exact; both spans have one length.</summary>
    public static void Decode(DType dtype, ReadOnlySpan<byte> codes, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, codes.Length);
        var table = Table(dtype);
        for (var i = 0; i < codes.Length; i++) { values[i] = table[codes[i]]; }
    }

    /// <summary>Rounds once; both spans have one length.</summary>
    public static void Encode(DType dtype, ReadOnlySpan<float> values, Span<byte> codes, Float8Overflow overflow = Float8Overflow.Torch)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(codes.Length, values.Length);
        var format = Format(dtype);
        format.Encode(values, codes, format.TooLarge(overflow));
    }

    internal static float[] Table(DType dtype) => dtype switch
    {
        DType.F8E4M3 => s_e4m3Values,
        DType.F8E5M2 => s_e5m2Values,
        DType.F8E4M3Fnuz => s_e4m3FnuzValues,
        DType.F8E5M2Fnuz => s_e5m2FnuzValues,
        _ => throw Unknown(dtype),
    };

    static Float8Format Format(DType dtype) => dtype switch
    {
        DType.F8E4M3 => s_e4m3,
        DType.F8E5M2 => s_e5m2,
        DType.F8E4M3Fnuz => s_e4m3Fnuz,
        DType.F8E5M2Fnuz => s_e5m2Fnuz,
        _ => throw Unknown(dtype),
    };

    static ArgumentOutOfRangeException Unknown(DType dtype) => new(nameof(dtype), dtype, "not an 8-bit floating-point type with a sign");
}
