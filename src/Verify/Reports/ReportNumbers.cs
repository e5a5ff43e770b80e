using System.Globalization;

namespace Ckpt.Verify.Reports;

/// <summary>Numbers as reports write them.</summary>
static class ReportNumbers
{
    static readonly string[] s_units = ["bytes", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>A measured number: four digits, zero as 0.</summary>
    internal static string Measured(double? value) => value is { } number ? number.ToString("g4", CultureInfo.InvariantCulture) : "–";

    /// <summary>A cosine, whose digits behind the nines count.</summary>
    internal static string Cosine(double value) => value.ToString("F9", CultureInfo.InvariantCulture);

    /// <summary>A count.</summary>
    internal static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A size, in units of a thousand.</summary>
    internal static string Bytes(long value)
    {
        var (size, unit) = ((double)value, 0);
        for (; size >= 1000 && unit < s_units.Length - 1; unit++) { size /= 1000; }
        return unit == 0 ? $"{Count(value)} bytes" : $"{size.ToString(size < 10 ? "F2" : size < 100 ? "F1" : "F0", CultureInfo.InvariantCulture)} {s_units[unit]}";
    }

    /// <summary>How many of what: "1 tensor", "2 tensors".</summary>
    internal static string Of(long count, string what) => $"{Count(count)} {what}{(count == 1 ? "" : "s")}";

    /// <summary>The values that lie so many steps apart, bucket by powers of two.</summary>
    internal static string Steps(int bucket) => bucket switch { 0 => "0", 1 => "1", >= 64 => "2^63 or more", < 20 => $"{Count(1L << (bucket - 1))}–{Count((1L << bucket) - 1)}", _ => $"2^{bucket - 1} to 2^{bucket}" };
}
