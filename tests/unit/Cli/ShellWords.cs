using System.Text;

namespace Ckpt.UnitTests.Cli;

/// <summary>Splits a command line as a POSIX shell does: quotes, continued lines, comments.</summary>
static class ShellWords
{
    internal static List<string> Split(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0')
            {
                if (c == quote) { quote = '\0'; }
                else if (c == '\\' && quote == '"' && i + 1 < text.Length && text[i + 1] is '"' or '\\' or '$' or '`') { word!.Append(text[++i]); }
                else { word!.Append(c); }
            }
            else if (c is '\'' or '"') { (quote, word) = (c, word ?? new StringBuilder()); }
            else if (c == '\\' && i + 1 < text.Length && text[i + 1] == '\n') { i++; }
            else if (c == '\\' && i + 1 < text.Length) { (word ??= new StringBuilder()).Append(text[++i]); }
            else if (char.IsWhiteSpace(c)) { Close(); }
            else if (c == '#' && word is null) { while (i + 1 < text.Length && text[i + 1] != '\n') { i++; } }
            else { (word ??= new StringBuilder()).Append(c); }
        }
        Close();
        return words;

        void Close()
        {
            if (word is not null) { words.Add(word.ToString()); }
            word = null;
        }
    }
}
