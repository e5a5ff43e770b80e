using System.Buffers;
using System.Globalization;

namespace Ckpt.Cli.Flags;

/// <summary>Sizes as people write them: <c>5GB</c> is 5·1000³ bytes, <c>5GiB</c> is 5·1024³, a bare number is bytes (CLI-2.1).</summary>
static class ByteSize
{
    const string Allowed = "a number of bytes, or a number with kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024)";

    static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    static readonly (string Unit, long Bytes)[] s_units =
    [
        ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("tib", 1L << 40),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000), ("b", 1), ("", 1),
    ];

    /// <summary>Reads a size of at least one byte.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    internal static long Parse(string text, string where)
    {
        var number = text.AsSpan().Trim();
        var digits = number.IndexOfAnyExcept(s_digits);
        var unit = digits < 0 ? "" : number[digits..].Trim().ToString();
        number = digits < 0 ? number : number[..digits];

        var scale = s_units.FirstOrDefault(u => u.Unit.Equals(unit, StringComparison.OrdinalIgnoreCase)).Bytes;
        if (scale == 0) { throw new UsageException("CLI-2.1", where, UnitFault(text, unit)); }
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || value > long.MaxValue / (decimal)scale || value * scale < 1)
        {
            throw new UsageException("CLI-2.1", where, $"'{text}' is no size; allowed is {Allowed}, from 1 byte to 8 EiB");
        }
        return (long)(value * scale);
    }

    /// <summary>A size for people: three digits and a decimal unit.</summary>
    internal static string Text(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        var (value, unit) = ((double)bytes, 0);
        while (value >= 999.5 && unit < units.Length - 1) { (value, unit) = (value / 1000, unit + 1); }
        var digits = unit == 0 || value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : "F2";
        return $"{value.ToString(digits, CultureInfo.InvariantCulture)} {units[unit]}";
    }

    static string UnitFault(string text, string unit) => unit.ToUpperInvariant() is "K" or "M" or "G" or "T"
        ? $"'{text}' may mean {unit.ToUpperInvariant()}B (powers of 1000) or {unit.ToUpperInvariant()}iB (powers of 1024): write which"
        : $"'{text}' is no size; allowed is {Allowed}";
}
