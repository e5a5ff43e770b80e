using System.Globalization;
using System.Text;

namespace Ckpt.Data.IO;

/// <summary>Names out of files, made fit for a message: quoted, control characters shown, long ones cut.</summary>
static class Named
{
    const int Longest = 80;

    internal static string Text(string name)
    {
        var text = new StringBuilder("'");
        foreach (var c in name.AsSpan(0, Math.Min(name.Length, Longest)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c)) { text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); }
            else { text.Append(c); }
        }
        return text.Append(name.Length > Longest ? "…'" : "'").ToString();
    }
}
