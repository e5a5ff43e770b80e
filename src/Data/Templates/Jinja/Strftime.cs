using System.Globalization;
using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>strftime of the C library in the C locale, for a time that is given (TPL-4.4).</summary>
static class Strftime
{
    internal static string Format(JinjaRun run, string format, DateTime time)
    {
        run.Pay(format.Length * 8L);
        var text = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%') { text.Append(format[at]); continue; }
            var start = at++;
            var flag = at < format.Length && format[at] is '-' or '_' or '0' or '^' ? format[at++] : '\0';
            if (at >= format.Length) { text.Append(format, start, format.Length - start); break; }
            var field = Field(format[at], time);
            text.Append(field is null ? format[start..(at + 1)] : Flagged(flag, field));
        }
        return text.ToString();
    }

    static string Flagged(char flag, string field) => flag switch
    {
        '-' => field.TrimStart('0', ' ') is { Length: > 0 } rest ? rest : field[^1..],
        '_' => field.TrimStart('0').PadLeft(field.Length),
        '0' => field.TrimStart(' ').PadLeft(field.Length, '0'),
        '^' => field.ToUpperInvariant(),
        _ => field,
    };

    static string? Field(char letter, DateTime t) => letter switch
    {
        'a' => Named(t, "ddd"),
        'A' => Named(t, "dddd"),
        'b' or 'h' => Named(t, "MMM"),
        'B' => Named(t, "MMMM"),
        'c' => $"{Field('a', t)} {Field('b', t)} {Field('e', t)} {Field('T', t)} {Field('Y', t)}",
        'C' => Number(t.Year / 100, 2),
        'd' => Number(t.Day, 2),
        'D' or 'x' => $"{Field('m', t)}/{Field('d', t)}/{Field('y', t)}",
        'e' => Number(t.Day, 2).TrimStart('0').PadLeft(2),
        'f' => Number((int)(t.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond), 6),
        'F' => $"{Field('Y', t)}-{Field('m', t)}-{Field('d', t)}",
        'G' => Number(ISOWeek.GetYear(t), 1),
        'g' => Number(ISOWeek.GetYear(t) % 100, 2),
        'H' => Number(t.Hour, 2),
        'I' => Number(((t.Hour + 11) % 12) + 1, 2),
        'j' => Number(t.DayOfYear, 3),
        'k' => Number(t.Hour, 1).PadLeft(2),
        'l' => Number(((t.Hour + 11) % 12) + 1, 1).PadLeft(2),
        'm' => Number(t.Month, 2),
        'M' => Number(t.Minute, 2),
        'n' => "\n",
        'p' => t.Hour < 12 ? "AM" : "PM",
        'P' => t.Hour < 12 ? "am" : "pm",
        'r' => $"{Field('I', t)}:{Field('M', t)}:{Field('S', t)} {Field('p', t)}",
        'R' => $"{Field('H', t)}:{Field('M', t)}",
        'S' => Number(t.Second, 2),
        't' => "\t",
        'T' or 'X' => $"{Field('H', t)}:{Field('M', t)}:{Field('S', t)}",
        'u' => Number((((int)t.DayOfWeek + 6) % 7) + 1, 1),
        'U' => Number((t.DayOfYear + 6 - (int)t.DayOfWeek) / 7, 2),
        'V' => Number(ISOWeek.GetWeekOfYear(t), 2),
        'w' => Number((int)t.DayOfWeek, 1),
        'W' => Number((t.DayOfYear + 6 - (((int)t.DayOfWeek + 6) % 7)) / 7, 2),
        'y' => Number(t.Year % 100, 2),
        'Y' => Number(t.Year, 1),
        'z' or 'Z' => "", // a time without a zone, as datetime.now() is
        '%' => "%",
        _ => null,
    };

    static string Named(DateTime time, string format) => time.ToString(format, CultureInfo.InvariantCulture);

    static string Number(int value, int digits) => value.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
}
