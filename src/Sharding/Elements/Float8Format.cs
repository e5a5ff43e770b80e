using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Sharding.Elements;

/// <summary>The layout of one 8-bit floating-point type: a sign, an exponent, <paramref name="Mantissa"/> bits.</summary>
/// <param name="Mantissa">Bits of the mantissa.</param>
/// <param name="Bias">Of the exponent.</param>
/// <param name="Largest">The code of the largest finite value.</param>
/// <param name="Infinity">The code of infinity, or of NaN where the type has none.</param>
/// <param name="NaN">The code of a NaN.</param>
/// <param name="IsUnsignedZero">Whether 0x80, elsewhere minus zero, is the only NaN (fnuz).</param>
/// <param name="SaturatesInTorch">Whether torch 2.14 gives the largest value for what is larger.</param>
readonly record struct Float8Format(int Mantissa, int Bias, byte Largest, byte Infinity, byte NaN, bool IsUnsignedZero, bool SaturatesInTorch)
{
    const int SingleMantissa = 23;
    const int SingleBias = 127;

    internal byte TooLarge(Float8Overflow overflow) =>
        overflow == Float8Overflow.Saturate || (overflow == Float8Overflow.Torch && SaturatesInTorch) ? Largest : Infinity;

    internal float[] Values()
    {
        var values = new float[256];
        for (var code = 0; code < values.Length; code++) { values[code] = Decode((byte)code); }
        return values;
    }

    /// <summary>Rounds to nearest, ties to even; <paramref name="tooLarge"/> is the code above the largest value. Both spans have one length.</summary>
    internal void Encode(ReadOnlySpan<float> values, Span<byte> codes, byte tooLarge)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated && !IsUnsignedZero)
        {
            ref var from = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(values));
            ref var to = ref MemoryMarshal.GetReference(codes);
            for (; i <= values.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
            {
                var a = Encode(Vector256.LoadUnsafe(ref from, (nuint)i), tooLarge);
                var b = Encode(Vector256.LoadUnsafe(ref from, (nuint)(i + 8)), tooLarge);
                var c = Encode(Vector256.LoadUnsafe(ref from, (nuint)(i + 16)), tooLarge);
                var d = Encode(Vector256.LoadUnsafe(ref from, (nuint)(i + 24)), tooLarge);
                Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).StoreUnsafe(ref to, (nuint)i);
            }
        }
        for (; i < values.Length; i++) { codes[i] = Encode(BitConverter.SingleToUInt32Bits(values[i]), tooLarge); }
    }

    /// <summary>Eight at once, step by step as one.</summary>
    Vector256<uint> Encode(Vector256<uint> bits, byte tooLarge)
    {
        var cut = SingleMantissa - Mantissa;
        var magnitude = bits & Vector256.Create(0x7FFF_FFFFu);
        var step = Vector256.Create((uint)(SingleBias + 1 - Bias - Mantissa + SingleMantissa) << SingleMantissa);
        var small = (magnitude.AsSingle() + step.AsSingle()).AsUInt32() - step;
        var odd = (magnitude >>> cut) & Vector256<uint>.One;
        var normal = (magnitude - Vector256.Create((uint)(SingleBias - Bias) << SingleMantissa) + Vector256.Create((1u << (cut - 1)) - 1) + odd) >>> cut;
        var code = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create((uint)(SingleBias - Bias + 1) << SingleMantissa)), small, normal);
        code = Vector256.ConditionalSelect(Vector256.GreaterThan(code, Vector256.Create((uint)Largest)), Vector256.Create((uint)tooLarge), code);
        code = Vector256.ConditionalSelect(Vector256.GreaterThan(magnitude, Vector256.Create(0x7F80_0000u)), Vector256.Create((uint)NaN), code);
        return code | ((bits >>> 24) & Vector256.Create(0x80u));
    }

    /// <summary>A float32 by its bits, rounded to nearest, ties to even; <paramref name="tooLarge"/> is the code above the largest value.</summary>
    internal byte Encode(uint bits, byte tooLarge)
    {
        var magnitude = bits & 0x7FFF_FFFF;
        var sign = (byte)(bits >> 24 & 0x80);
        if (magnitude > 0x7F80_0000) { return IsUnsignedZero ? NaN : (byte)(NaN | sign); }
        uint code;
        if (magnitude >> SingleMantissa < SingleBias - Bias + 1)
        {
            // Below the smallest normal value: adding a number whose last bit is the type's smallest step makes the processor round.
            var step = BitConverter.UInt32BitsToSingle((uint)(SingleBias + 1 - Bias - Mantissa + SingleMantissa) << SingleMantissa);
            code = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude) + step) - BitConverter.SingleToUInt32Bits(step);
        }
        else
        {
            var cut = SingleMantissa - Mantissa;
            code = (magnitude - ((uint)(SingleBias - Bias) << SingleMantissa) + (1u << (cut - 1)) - 1 + (magnitude >> cut & 1)) >> cut;
        }
        if (code > Largest) { return IsUnsignedZero && tooLarge == NaN ? NaN : (byte)(tooLarge | sign); }
        return IsUnsignedZero && code == 0 ? (byte)0 : (byte)(code | sign);
    }

    float Decode(byte code)
    {
        if (IsUnsignedZero && code == 0x80) { return float.NaN; }
        var magnitude = code & 0x7F;
        var sign = code < 0x80 ? 1f : -1f;
        if (!IsUnsignedZero && magnitude > Largest) { return magnitude == Infinity && Infinity != NaN ? sign * float.PositiveInfinity : float.NaN; }
        var exponent = magnitude >> Mantissa;
        var fraction = magnitude & ((1 << Mantissa) - 1);
        return sign * (exponent == 0
            ? float.ScaleB(fraction, 1 - Bias - Mantissa)
            : float.ScaleB(fraction + (1 << Mantissa), exponent - Bias - Mantissa));
    }
}
