namespace Ckpt.Formats.Tensors;

/// <summary>
/// Element types, in the order of safetensors (which its writer sorts by, descending), then those only torch has.
/// </summary>
public enum DType : byte
{
    Bool, F4, F6E2M3, F6E3M2, U8, I8, F8E5M2, F8E4M3, F8E8M0, F8E4M3Fnuz, F8E5M2Fnuz,
    I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64,

    /// <summary>Complex of two doubles: torch only; safetensors cannot hold it.</summary>
    C128,
}

/// <summary>Names and sizes of <see cref="DType"/> in the formats that store them.</summary>
public static class DTypes
{
    static readonly (string? Safetensors, string? Torch, int Bits)[] s_table =
    [
        ("BOOL", "bool", 8),
        ("F4", "float4_e2m1fn_x2", 4),
        ("F6_E2M3", null, 6),
        ("F6_E3M2", null, 6),
        ("U8", "uint8", 8),
        ("I8", "int8", 8),
        ("F8_E5M2", "float8_e5m2", 8),
        ("F8_E4M3", "float8_e4m3fn", 8),
        ("F8_E8M0", "float8_e8m0fnu", 8),
        ("F8_E4M3FNUZ", "float8_e4m3fnuz", 8),
        ("F8_E5M2FNUZ", "float8_e5m2fnuz", 8),
        ("I16", "int16", 16),
        ("U16", "uint16", 16),
        ("F16", "float16", 16),
        ("BF16", "bfloat16", 16),
        ("I32", "int32", 32),
        ("U32", "uint32", 32),
        ("F32", "float32", 32),
        ("C64", "complex64", 64),
        ("F64", "float64", 64),
        ("I64", "int64", 64),
        ("U64", "uint64", 64),
        (null, "complex128", 128),
    ];

    /// <summary>Every element type, in enum order.</summary>
    public static IReadOnlyList<DType> All { get; } = Enum.GetValues<DType>();

    /// <summary>Bits of one element: 4, 6, 8, 16, 32, 64 or 128.</summary>
    public static int BitSize(this DType dtype) => s_table[(int)dtype].Bits;

    /// <summary>Bytes of one element, or 0 where an element is not a whole number of bytes (F4, F6).</summary>
    public static int ByteSize(this DType dtype) => s_table[(int)dtype].Bits % 8 == 0 ? s_table[(int)dtype].Bits / 8 : 0;

    /// <summary>The name in a safetensors header, or null where the format has none.</summary>
    public static string? SafetensorsName(this DType dtype) => s_table[(int)dtype].Safetensors;

    /// <summary>The attribute name in module <c>torch</c>, or null where torch has none.</summary>
    public static string? TorchName(this DType dtype) => s_table[(int)dtype].Torch;

    /// <summary>The name people read: the torch name where there is one, as in config.json.</summary>
    public static string DisplayName(this DType dtype) => s_table[(int)dtype].Torch ?? s_table[(int)dtype].Safetensors!;

    /// <summary>Finds the element type of a safetensors header name; names are case sensitive.</summary>
    public static bool TryParseSafetensors(string name, out DType dtype)
    {
        for (var i = 0; i < s_table.Length; i++)
        {
            if (s_table[i].Safetensors == name) { dtype = (DType)i; return true; }
        }
        dtype = default;
        return false;
    }

    /// <summary>Finds the element type of a torch attribute name (<c>bfloat16</c>, <c>half</c>, …), with or without <c>torch.</c>.</summary>
    public static bool TryParseTorch(string name, out DType dtype)
    {
        if (name.StartsWith("torch.", StringComparison.Ordinal)) { name = name["torch.".Length..]; }
        name = name switch
        {
            "half" => "float16",
            "float" => "float32",
            "double" => "float64",
            "short" => "int16",
            "int" => "int32",
            "long" => "int64",
            "cfloat" => "complex64",
            "cdouble" => "complex128",
            _ => name,
        };
        for (var i = 0; i < s_table.Length; i++)
        {
            if (s_table[i].Torch == name) { dtype = (DType)i; return true; }
        }
        dtype = default;
        return false;
    }

    /// <summary>Bytes that <paramref name="count"/> elements take, packed.</summary>
    /// <exception cref="OverflowException">The bit count does not fit 64 bits.</exception>
    /// <exception cref="ArgumentException">Sub-byte elements that do not end on a byte boundary.</exception>
    public static long ByteLength(this DType dtype, long count)
    {
        var bits = checked(count * dtype.BitSize());
        if (bits % 8 != 0) { throw new ArgumentException($"{count} elements of {dtype.DisplayName()} are {bits} bits, not a whole number of bytes", nameof(count)); }
        return bits / 8;
    }
}
