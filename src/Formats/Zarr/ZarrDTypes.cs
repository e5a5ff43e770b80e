using Ckpt.Formats.Tensors;

namespace Ckpt.Formats.Zarr;

/// <summary>What zarr calls element types: numpy's type strings in version 2, words in version 3.</summary>
static class ZarrDTypes
{
    static readonly (DType DType, char Kind, int Bytes)[] s_numpy =
    [
        (DType.Bool, 'b', 1), (DType.I8, 'i', 1), (DType.U8, 'u', 1), (DType.I16, 'i', 2), (DType.U16, 'u', 2), (DType.I32, 'i', 4), (DType.U32, 'u', 4),
        (DType.I64, 'i', 8), (DType.U64, 'u', 8), (DType.F16, 'f', 2), (DType.F32, 'f', 4), (DType.F64, 'f', 8), (DType.C64, 'c', 8), (DType.C128, 'c', 16),
    ];

    /// <summary>Types that numpy has no string for: TensorStore writes their names into version 2 as well, and Megatron <c>bfloat16</c>.</summary>
    static readonly DType[] s_named = [DType.BF16, DType.F8E4M3, DType.F8E5M2, DType.F8E8M0, DType.F8E4M3Fnuz, DType.F8E5M2Fnuz];

    /// <summary>Reads a type string of version 2.</summary>
    internal static bool TryParseV2(string text, out DType dtype, out bool bigEndian)
    {
        (dtype, bigEndian) = (DType.BF16, false);
        // Megatron wrote bfloat16 through numpy as two bytes of no type before it patched the text; versions that did not stay so.
        if (text is "<V2" or "|V2") { return true; }
        if (TryNamed(text, out dtype)) { return true; }
        if (text.Length < 3 || text[0] is not ('<' or '>' or '|')) { return false; }
        foreach (var (type, kind, bytes) in s_numpy)
        {
            if (text[1] != kind || !text.AsSpan(2).SequenceEqual(bytes.ToString(System.Globalization.CultureInfo.InvariantCulture))) { continue; }
            (dtype, bigEndian) = (type, text[0] == '>' && bytes > 1);
            return bytes == 1 || text[0] != '|';
        }
        return false;
    }

    /// <summary>Reads a name of version 3.</summary>
    internal static bool TryParseV3(string text, out DType dtype)
    {
        foreach (var (type, _, _) in s_numpy)
        {
            dtype = type;
            if (type.TorchName() == text) { return true; }
        }
        return TryNamed(text, out dtype);
    }

    /// <summary>The type string of version 2, little-endian; null for types that no reader of zarr knows.</summary>
    internal static string? V2Name(DType dtype, bool bigEndian = false)
    {
        foreach (var (type, kind, bytes) in s_numpy)
        {
            if (type == dtype) { return $"{(bytes == 1 ? '|' : bigEndian ? '>' : '<')}{kind}{bytes}"; }
        }
        return s_named.Contains(dtype) ? dtype.TorchName() : null;
    }

    /// <summary>The name of version 3; null for types that no reader of zarr knows.</summary>
    internal static string? V3Name(DType dtype) => V2Name(dtype) is null ? null : dtype.TorchName();

    static bool TryNamed(string text, out DType dtype)
    {
        foreach (var named in s_named)
        {
            dtype = named;
            if (named.TorchName() == text) { return true; }
        }
        dtype = default;
        return false;
    }
}
