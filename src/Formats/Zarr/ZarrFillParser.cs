using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>Reads a fill value as the bytes of one element, little-endian.</summary>
static class ZarrFillParser
{
    /// <summary>The element; null where the value is null.</summary>
    internal static byte[]? Parse(JsonElement value, DType dtype, string where) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        _ when dtype is DType.C64 or DType.C128 => Complex(value, dtype, where),
        _ => Element(value, dtype, where),
    };

    static byte[] Complex(JsonElement value, DType dtype, string where)
    {
        // zarr-python 2 wrote zero as a plain number.
        var part = dtype == DType.C64 ? DType.F32 : DType.F64;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var zero) && zero == 0) { return new byte[dtype.ByteSize()]; }
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2
            ? [.. Element(value[0], part, where), .. Element(value[1], part, where)]
            : Throw.NotOfType(value, dtype, where);
    }

    static byte[] Element(JsonElement value, DType dtype, string where)
    {
        var bytes = new byte[dtype.ByteSize()];
        var known = value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => TryBool(value.GetBoolean(), dtype, bytes),
            JsonValueKind.Number => TryNumber(value, dtype, bytes),
            JsonValueKind.String => TryText(value.GetString()!, dtype, bytes),
            _ => false,
        };
        return known ? bytes : Throw.NotOfType(value, dtype, where);
    }

    static bool TryBool(bool value, DType dtype, byte[] bytes)
    {
        bytes[0] = value ? (byte)1 : (byte)0;
        return dtype == DType.Bool;
    }

    static bool TryNumber(JsonElement value, DType dtype, byte[] bytes)
    {
        switch (dtype)
        {
            case DType.I8 or DType.I16 or DType.I32 or DType.I64:
                if (!value.TryGetInt64(out var signed)) { return false; }
                return Put(unchecked((ulong)signed), bytes) && signed == SignExtended(bytes);
            case DType.U8 or DType.U16 or DType.U32 or DType.U64:
                return value.TryGetUInt64(out var unsigned) && Put(unsigned, bytes) && (bytes.Length == 8 || unsigned >> (8 * bytes.Length) == 0);
            case DType.Bool:
                return value.TryGetUInt64(out var bit) && bit <= 1 && Put(bit, bytes);
            default:
                return value.TryGetDouble(out var number) && TryFloat(number, dtype, bytes);
        }
    }

    static bool TryText(string text, DType dtype, byte[] bytes)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return text.Length == 2 + (2 * bytes.Length) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) && Put(bits, bytes);
        }
        switch (text)
        {
            // Zarr names the NaN that it means: 0x7fc00000 of float32, and of the others what is like it.
            case "NaN": return TryFloat(double.NaN, dtype, bytes);
            case "Infinity": return TryFloat(double.PositiveInfinity, dtype, bytes);
            case "-Infinity": return TryFloat(double.NegativeInfinity, dtype, bytes);
        }
        // Bytes of no type (V2) are written in base 64.
        return dtype == DType.BF16 && Convert.TryFromBase64String(text, bytes, out var written) && written == bytes.Length;
    }

    static bool TryFloat(double value, DType dtype, byte[] bytes)
    {
        switch (dtype)
        {
            case DType.F64: return Put(double.IsNaN(value) ? 0x7FF8000000000000 : BitConverter.DoubleToUInt64Bits(value), bytes);
            case DType.F32: return Put(double.IsNaN(value) ? 0x7FC00000 : BitConverter.SingleToUInt32Bits((float)value), bytes);
            case DType.F16: return Put(double.IsNaN(value) ? (ushort)0x7E00 : BitConverter.HalfToUInt16Bits((Half)value), bytes);
            case DType.BF16: return Put(double.IsNaN(value) ? (ushort)0x7FC0 : BFloat16Bits((float)value), bytes);
            default: return value == 0 && dtype is DType.F8E4M3 or DType.F8E5M2 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz && Put(0, bytes);
        }
    }

    /// <summary>The nearest, of two the even one; infinities stay.</summary>
    static ulong BFloat16Bits(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    }

    static bool Put(ulong bits, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++) { bytes[i] = (byte)(bits >> (8 * i)); }
        return true;
    }

    static long SignExtended(byte[] bytes)
    {
        var value = (long)(sbyte)bytes[^1];
        for (var i = bytes.Length - 2; i >= 0; i--) { value = (value << 8) | bytes[i]; }
        return value;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static byte[] NotOfType(JsonElement value, DType dtype, string where) =>
            throw new MalformedCheckpointException("ZAR-2.7", where, $"fill_value {ZarrJson.Raw(value)} is no value of {dtype.DisplayName()} that is read here");
    }
}
