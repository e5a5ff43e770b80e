using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Sharding.Elements;

/// <summary>bfloat16 to float32 and back, sixteen at a time: <see cref="ElementCast"/>'s formula, and the same bits.</summary>
static class BFloat16Lanes
{
    /// <summary>Exact.</summary>
    internal static void Widen(ReadOnlySpan<ushort> source, Span<float> target)
    {
        var wide = MemoryMarshal.Cast<float, uint>(target);
        var i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(source.Slice(i, Vector256<ushort>.Count)));
            (low << 16).CopyTo(wide[i..]);
            (high << 16).CopyTo(wide[(i + Vector256<uint>.Count)..]);
        }
        for (; i < source.Length; i++) { wide[i] = (uint)source[i] << 16; }
    }

    /// <summary>Rounds to nearest, ties to even.</summary>
    internal static void Narrow(ReadOnlySpan<float> source, Span<ushort> target)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var i = 0;
        for (; i <= bits.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var low = Rounded(Vector256.Create(bits.Slice(i, Vector256<uint>.Count)));
            var high = Rounded(Vector256.Create(bits.Slice(i + Vector256<uint>.Count, Vector256<uint>.Count)));
            Vector256.Narrow(low >> 16, high >> 16).CopyTo(target[i..]);
        }
        for (; i < bits.Length; i++) { target[i] = ElementCast.RoundToBFloat16(bits[i]); }
    }

    /// <summary>Rounds float32 values to those bfloat16 has, in place.</summary>
    internal static void Round(Span<float> values)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        var i = 0;
        for (; i <= bits.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            var part = bits.Slice(i, Vector256<uint>.Count);
            Rounded(Vector256.Create(part)).CopyTo(part);
        }
        for (; i < bits.Length; i++) { bits[i] = (uint)ElementCast.RoundToBFloat16(bits[i]) << 16; }
    }

    static Vector256<uint> Rounded(Vector256<uint> bits)
    {
        var near = bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One);
        var isNaN = Vector256.GreaterThan(bits & Vector256.Create(0x7FFF_FFFFu), Vector256.Create(0x7F80_0000u));
        return Vector256.ConditionalSelect(isNaN, bits | Vector256.Create(0x0040_0000u), near) & Vector256.Create(0xFFFF_0000u);
    }
}
