namespace Ckpt.Formats.IO;

/// <summary>CRC-32 as zip and torch.save use it: reflected polynomial 0xEDB88320, all ones before and after.</summary>
public static class Crc32
{
    const uint Polynomial = 0xEDB88320;
    static readonly uint[] s_table = MakeTable();

    /// <summary>The CRC of nothing.</summary>
    public const uint Empty = 0;

    /// <summary>The CRC of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(Empty, bytes);

    /// <summary>The CRC of what <paramref name="crc"/> is of, followed by <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        foreach (var value in bytes) { crc = s_table[(byte)(crc ^ value)] ^ (crc >> 8); }
        return ~crc;
    }

    /// <summary>The CRC of A followed by B, from the CRC of each and the length of B.</summary>
    public static uint Combine(uint a, uint b, long lengthOfB)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthOfB);
        return MultiplyModulo(PowerOfX(lengthOfB), a) ^ b;
    }

    /// <summary>x^(8·bytes) modulo the polynomial, reflected (bit 31 is x^0).</summary>
    static uint PowerOfX(long bytes)
    {
        var result = 0x80000000u;
        var square = 0x00800000u; // x^8
        for (var n = (ulong)bytes; n != 0; n >>= 1)
        {
            if ((n & 1) != 0) { result = MultiplyModulo(square, result); }
            square = MultiplyModulo(square, square);
        }
        return result;
    }

    static uint MultiplyModulo(uint a, uint b)
    {
        var product = 0u;
        for (var bit = 0x80000000u; bit != 0; bit >>= 1)
        {
            if ((a & bit) != 0) { product ^= b; }
            b = (b & 1) != 0 ? (b >> 1) ^ Polynomial : b >> 1;
        }
        return product;
    }

    static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++) { value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1; }
            table[i] = value;
        }
        return table;
    }
}
