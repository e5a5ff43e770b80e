using System.Globalization;
using System.Text;
using Ckpt.Data.Tokenizers;
using Spectre.Console;

namespace Ckpt.Cli.Looking;

/// <summary>
/// Tokens as people see them: white space made visible, neighbours told apart by colours or, without colours, by bars; special tokens
/// in brackets; what a mask leaves out dimmed.
/// </summary>
sealed class TokenView(Tokenizer tokenizer, bool colours)
{
    static readonly Style[] s_styles =
    [
        new(Color.Black, Color.SkyBlue1), new(Color.Black, Color.LightGreen), new(Color.Black, Color.Khaki1), new(Color.Black, Color.Plum2), new(Color.Black, Color.LightSalmon1),
    ];

    static readonly Style s_special = new(Color.White, Color.DarkRed, Decoration.Bold);

    /// <summary>The tokens one after the other, a line of them for a line of the text.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="mask">For each, whether it counts (is trained on); null where all do.</param>
    internal IReadOnlyList<string> Text(IReadOnlyList<int> ids, IReadOnlyList<bool>? mask = null)
    {
        var pieces = Pieces(ids);
        using var text = new StringWriter { NewLine = "\n" };
        var console = colours ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.Standard, Out = new AnsiConsoleOutput(text) }) : null;
        if (console is not null) { console.Profile.Width = int.MaxValue; }
        for (var i = 0; i < ids.Count; i++)
        {
            var counts = mask is null || mask[i];
            var special = tokenizer.IsSpecial(ids[i]);
            var (shown, ends) = Visible(pieces[i]);
            if (console is null) { text.Write(Plain(shown, special, counts, mask is not null)); }
            else { console.Write(new Text(shown, counts ? special ? s_special : s_styles[i % s_styles.Length] : new Style(Color.Grey, decoration: Decoration.Dim))); }
            if (ends) { text.Write('\n'); }
        }
        return text.ToString().TrimEnd('\n').Split('\n');
    }

    /// <summary>One token a line: id, token, text, and the characters covered.</summary>
    internal IReadOnlyList<string> Table(TokenEncoding encoding) => Table(encoding.Ids, encoding.Offsets);

    /// <summary>The same of ids alone.</summary>
    internal IReadOnlyList<string> Table(IReadOnlyList<int> ids, IReadOnlyList<TokenOffset>? offsets)
    {
        var pieces = Pieces(ids);
        var width = ids.Count == 0 ? 1 : ids.Max(id => id.ToString(CultureInfo.InvariantCulture).Length);
        var place = offsets is null || ids.Count == 0 ? 0 : offsets.Max(o => Place(o).Length);
        return [.. ids.Select((id, i) =>
        {
            var line = id.ToString(CultureInfo.InvariantCulture).PadLeft(width) + "  " + (offsets is null ? "" : Place(offsets[i]).PadRight(place) + "  ");
            return $"{line}{Visible(pieces[i]).Text}{(tokenizer.IsSpecial(id) ? "  special" : "")}";
        })];
    }

    /// <summary>The text of each token: a character made of several tokens stands with the last of them.</summary>
    string[] Pieces(IReadOnlyList<int> ids)
    {
        // A decoder may leave out what begins a text; here nothing is left out.
        var stream = tokenizer.Stream();
        var pieces = new string[ids.Count];
        for (var i = 0; i < pieces.Length; i++) { pieces[i] = stream.Push(ids[i]); }
        var rest = stream.Flush();
        if (pieces.Length > 0) { pieces[^1] += rest; }
        return pieces;
    }

    static string Plain(string shown, bool special, bool counts, bool masked) =>
        (masked, counts) is (true, true) ? $"[{shown}]" : special ? $"⟨{shown}⟩" : $"{shown}|";

    static string Place(TokenOffset offset) => string.Create(CultureInfo.InvariantCulture, $"{offset.Start}-{offset.End}");

    /// <summary>The text with white space and control characters shown, and whether a line ends with it.</summary>
    static (string Text, bool EndsLine) Visible(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case ' ': shown.Append('·'); break;
                case '\n': shown.Append('↵'); break;
                case '\r': shown.Append('←'); break;
                case '\t': shown.Append('→'); break;
                default:
                    if (Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format) { shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}"); }
                    else { shown.Append(rune); }
                    break;
            }
        }
        if (text.Length == 0) { shown.Append('∅'); }
        return (shown.ToString(), text.EndsWith('\n'));
    }
}
