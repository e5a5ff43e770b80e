using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Quantised;

/// <summary>What the bytes of quantised weights stand for before they are scaled: one value a byte, or two, the low half first.</summary>
public sealed class CodeTable
{
    readonly float[] _values;
    readonly DType? _float8;

    CodeTable(string name, int perByte, Func<int, float> value, DType? float8 = null)
    {
        (Name, PerByte, _float8) = (name, perByte, float8);
        _values = new float[256 * perByte];
        for (var code = 0; code < 256; code++)
        {
            if (perByte == 1) { _values[code] = value(code); continue; }
            _values[2 * code] = value(code & 15);
            _values[(2 * code) + 1] = value(code >> 4);
        }
    }

    /// <summary>8-bit signed integers.</summary>
    public static CodeTable Int8 { get; } = new("int8", 1, static code => (sbyte)code);

    /// <summary>Pairs of e2m1.</summary>
    public static CodeTable Float4 { get; } = new("float4_e2m1", 2, static code => Elements.Float4.Values[code]);

    /// <summary>4-bit integers packed into words of 32 bits, the lowest bits first, 8 added to each.</summary>
    public static CodeTable PackedInt4 { get; } = new("packed int4", 2, static code => code - 8);

    /// <summary>8-bit integers packed into words of 32 bits, the lowest bits first, 128 added to each.</summary>
    public static CodeTable PackedInt8 { get; } = new("packed int8", 1, static code => code - 128);

    static readonly CodeTable[] s_float8 = [.. DTypes.All.Where(Elements.Float8.IsKnown).Select(static d => new CodeTable(d.DisplayName(), 1, code => Elements.Float8.Values(d)[code], d))];

    /// <summary>The name people read.</summary>
    public string Name { get; }

    /// <summary>Values a byte holds.</summary>
    public int PerByte { get; }

    /// <summary>Whether codes are elements of this type as they are.</summary>
    public bool Is(DType dtype) => _float8 == dtype;

    /// <summary>8-bit floating-point numbers of a type.</summary>
    public static CodeTable Float8(DType dtype) => Array.Find(s_float8, table => table.Is(dtype)) ?? throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not an 8-bit floating-point type");

    /// <summary>The values from the one numbered <paramref name="skip"/> of the first byte on.</summary>
    public void Decode(ReadOnlySpan<byte> codes, int skip, Span<float> values)
    {
        if (PerByte == 1)
        {
            codes = codes[..values.Length];
            var table = _values;
            for (var i = 0; i < codes.Length; i++) { values[i] = table[codes[i]]; }
            return;
        }
        if (skip == 1 && values.Length > 0)
        {
            values[0] = _values[(2 * codes[0]) + 1];
            codes = codes[1..];
            values = values[1..];
        }
        var pairs = MemoryMarshal.Cast<float, ulong>(_values);
        var twos = MemoryMarshal.Cast<float, ulong>(values);
        for (var i = 0; i < twos.Length; i++) { twos[i] = pairs[codes[i]]; }
        if (values.Length % 2 == 1) { values[^1] = _values[2 * codes[twos.Length]]; }
    }
}
