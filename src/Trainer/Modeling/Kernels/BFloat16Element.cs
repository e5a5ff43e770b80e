using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ckpt.Trainer.Modeling.Kernels;

/// <summary>bfloat16; rounded to nearest, ties to even.</summary>
readonly record struct BFloat16Element(ushort Bits) : IElement<BFloat16Element>
{
    public static bool IsSingle => false;

    public static void Widen(ReadOnlySpan<BFloat16Element> from, Span<float> to)
    {
        ref var source = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<BFloat16Element, ushort>(from));
        ref var target = ref MemoryMarshal.GetReference(to);
        var i = 0;
        for (; i <= from.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref source, (nuint)i));
            (low << 16).AsSingle().StoreUnsafe(ref target, (nuint)i);
            (high << 16).AsSingle().StoreUnsafe(ref target, (nuint)i + 8);
        }
        for (; i < from.Length; i++) { to[i] = BitConverter.UInt32BitsToSingle((uint)from[i].Bits << 16); }
    }

    public static void Narrow(ReadOnlySpan<float> from, Span<BFloat16Element> to)
    {
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<BFloat16Element, ushort>(to));
        var i = 0;
        for (; i <= from.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            Vector256.Narrow(Rounded(Vector256.LoadUnsafe(ref source, (nuint)i)), Rounded(Vector256.LoadUnsafe(ref source, (nuint)i + 8))).StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < from.Length; i++) { to[i] = new BFloat16Element(Round(from[i])); }
    }

    static Vector256<uint> Rounded(Vector256<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        return Vector256.ConditionalSelect(Vector256.Equals(values, values).AsUInt32(), rounded, Vector256.Create(0x7FC0u));
    }

    static ushort Round(float value)
    {
        if (float.IsNaN(value)) { return 0x7FC0; }
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
