using System.Globalization;
using System.Text;

namespace Ckpt.Data.Tokenizers;

/// <summary>Text out of files, made fit for a message: quoted, control characters shown, long ones cut.</summary>
static class Quoted
{
    const int Longest = 80;

    internal static string Text(string text)
    {
        var shown = new StringBuilder("'");
        for (var i = 0; i < text.Length && i < Longest; i++)
        {
            if (char.IsControl(text[i]) || char.IsSurrogate(text[i])) { shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}"); }
            else { shown.Append(text[i]); }
        }
        return shown.Append(text.Length > Longest ? "…'" : "'").ToString();
    }
}
