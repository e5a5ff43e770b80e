using System.Globalization;
using System.Text;

namespace Ckpt.Formats;

/// <summary>Names out of files, made fit for a message: quoted, control characters shown, long ones cut.</summary>
public static class Quoted
{
    const int Longest = 120;

    public static string Name(string name)
    {
        var text = new StringBuilder("'");
        for (var i = 0; i < name.Length && i < Longest; i++)
        {
            if (char.IsControl(name[i])) { text.Append(CultureInfo.InvariantCulture, $"\\u{(int)name[i]:x4}"); }
            else { text.Append(name[i]); }
        }
        return text.Append(name.Length > Longest ? "…'" : "'").ToString();
    }

    /// <summary>The first few of many names, and how many more there are.</summary>
    public static string Names(IReadOnlyList<string> names, int most = 3)
    {
        var first = string.Join(", ", names.Take(most).Select(Name));
        return names.Count > most ? $"{first} and {names.Count - most} more" : first;
    }
}
