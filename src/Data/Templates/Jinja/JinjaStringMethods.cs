using System.Globalization;
using System.Numerics;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>The methods of str.</summary>
static class JinjaStringMethods
{
    delegate JinjaValue Method(JinjaRun run, string text, JinjaValue?[] given);

    /// <summary>Name, how many arguments must be given, and how many may be.</summary>
    static readonly Dictionary<string, (int Required, int Most, Method Body)> s_methods = new(StringComparer.Ordinal)
    {
        ["upper"] = (0, 0, (_, t, _) => new JinjaString(PythonText.Upper(t))),
        ["lower"] = (0, 0, (_, t, _) => new JinjaString(PythonText.Lower(t))),
        ["casefold"] = (0, 0, (_, t, _) => new JinjaString(PythonText.Lower(t).Replace("ß", "ss", StringComparison.Ordinal))),
        ["capitalize"] = (0, 0, (_, t, _) => new JinjaString(PythonText.Capitalize(t))),
        ["title"] = (0, 0, (_, t, _) => new JinjaString(PythonText.Title(t))),
        ["swapcase"] = (0, 0, (_, t, _) => new JinjaString(PythonText.SwapCase(t))),
        ["strip"] = (0, 1, (run, t, given) => Strip(run, t, given[0], start: true, end: true)),
        ["lstrip"] = (0, 1, (run, t, given) => Strip(run, t, given[0], start: true, end: false)),
        ["rstrip"] = (0, 1, (run, t, given) => Strip(run, t, given[0], start: false, end: true)),
        ["split"] = (0, 2, (run, t, given) => PythonSplit.Split(run, t, given[0], given[1], fromRight: false)),
        ["rsplit"] = (0, 2, (run, t, given) => PythonSplit.Split(run, t, given[0], given[1], fromRight: true)),
        ["splitlines"] = (0, 1, (run, t, given) => Texts(run, PythonText.Lines(t, given[0] is not null && JinjaOperators.Truth(run, given[0]!)))),
        ["partition"] = (1, 1, (run, t, given) => PythonSplit.Partition(run, t, Text(run, given[0]!), fromRight: false)),
        ["rpartition"] = (1, 1, (run, t, given) => PythonSplit.Partition(run, t, Text(run, given[0]!), fromRight: true)),
        ["startswith"] = (1, 3, (run, t, given) => JinjaBool.Of(Affix(run, t, given, atEnd: false))),
        ["endswith"] = (1, 3, (run, t, given) => JinjaBool.Of(Affix(run, t, given, atEnd: true))),
        ["removeprefix"] = (1, 1, (run, t, given) => new JinjaString(Text(run, given[0]!) is var p && t.StartsWith(p, StringComparison.Ordinal) ? t[p.Length..] : t)),
        ["removesuffix"] = (1, 1, (run, t, given) => new JinjaString(Text(run, given[0]!) is { Length: > 0 } s && t.EndsWith(s, StringComparison.Ordinal) ? t[..^s.Length] : t)),
        ["replace"] = (2, 3, (run, t, given) => Replace(run, t, Text(run, given[0]!), Text(run, given[1]!), given[2] is null ? -1 : JinjaNumbers.Long(run, given[2]!))),
        ["find"] = (1, 3, (run, t, given) => new JinjaInt(Find(run, t, given, fromRight: false))),
        ["rfind"] = (1, 3, (run, t, given) => new JinjaInt(Find(run, t, given, fromRight: true))),
        ["index"] = (1, 3, (run, t, given) => Found(run, Find(run, t, given, fromRight: false))),
        ["rindex"] = (1, 3, (run, t, given) => Found(run, Find(run, t, given, fromRight: true))),
        ["count"] = (1, 3, Count),
        ["join"] = (1, 1, Join),
        ["center"] = (1, 2, (run, t, given) => Pad(run, t, JinjaNumbers.Long(run, given[0]!), Fill(run, given[1]), '^')),
        ["ljust"] = (1, 2, (run, t, given) => Pad(run, t, JinjaNumbers.Long(run, given[0]!), Fill(run, given[1]), '<')),
        ["rjust"] = (1, 2, (run, t, given) => Pad(run, t, JinjaNumbers.Long(run, given[0]!), Fill(run, given[1]), '>')),
        ["zfill"] = (1, 1, (run, t, given) => ZeroFill(run, t, JinjaNumbers.Long(run, given[0]!))),
        ["expandtabs"] = (0, 1, ExpandTabs),
        ["isdigit"] = (0, 0, (_, t, _) => All(t, c => CharUnicodeInfo.GetDigitValue(c, 0) >= 0)),
        ["isdecimal"] = (0, 0, (_, t, _) => All(t, c => CharUnicodeInfo.GetDecimalDigitValue(c, 0) >= 0)),
        ["isnumeric"] = (0, 0, (_, t, _) => All(t, c => CharUnicodeInfo.GetNumericValue(c, 0) != -1)),
        ["isalpha"] = (0, 0, (_, t, _) => All(t, c => char.IsLetter(c, 0))),
        ["isalnum"] = (0, 0, (_, t, _) => All(t, c => char.IsLetter(c, 0) || CharUnicodeInfo.GetNumericValue(c, 0) != -1)),
        ["isspace"] = (0, 0, (_, t, _) => JinjaBool.Of(PythonText.IsSpace(t))),
        ["islower"] = (0, 0, (_, t, _) => JinjaBool.Of(PythonText.AllCased(t, upper: false))),
        ["isupper"] = (0, 0, (_, t, _) => JinjaBool.Of(PythonText.AllCased(t, upper: true))),
        ["istitle"] = (0, 0, (_, t, _) => JinjaBool.Of(PythonText.Characters(t).Any(PythonText.IsCased) && PythonText.Title(t) == t)),
        ["isascii"] = (0, 0, (_, t, _) => JinjaBool.Of(t.All(char.IsAscii))),
        ["isprintable"] = (0, 0, (_, t, _) => JinjaBool.Of(PythonText.Characters(t).All(PythonText.IsPrintable))),
        ["isidentifier"] = (0, 0, (_, t, _) => JinjaBool.Of(PythonText.IsIdentifier(t))),
    };

    static readonly string[] s_names = ["sep", "maxsplit", "keepends", "count"];

    internal static JinjaValue? Find(JinjaString text, string name)
    {
        switch (name)
        {
            case "format": return new JinjaFunction(name, a => new JinjaString(PythonFormat.Format(a, text.Text), text.IsMarkup), "builtin_function_or_method");
            case "encode" or "translate" or "maketrans" or "format_map": return new JinjaFunction(name, a => { JinjaThrow.Unsupported(a.Run, $"str.{name}"); return text; }, "builtin_function_or_method");
            default: break;
        }
        if (!s_methods.TryGetValue(name, out var method)) { return null; }
        return new JinjaFunction(name, arguments =>
        {
            arguments.Run.Pay(text.Text.Length);
            var result = method.Body(arguments.Run, text.Text, Bind(arguments, name, method.Required, method.Most));
            return text.IsMarkup ? Marked(result) : result;
        }, "builtin_function_or_method");
    }

    /// <summary>What comes of marked text is marked: strings, and strings in lists.</summary>
    static JinjaValue Marked(JinjaValue result) => result switch
    {
        JinjaString plain => new JinjaString(plain.Text, isMarkup: true),
        JinjaList list => new JinjaList([.. list.Items.Select(Marked)]),
        JinjaTuple tuple => new JinjaTuple([.. tuple.Items.Select(Marked)]),
        _ => result,
    };

    internal static JinjaString Strip(JinjaRun run, string text, JinjaValue? characters, bool start, bool end)
    {
        if (characters is null or JinjaNone)
        {
            var trimmed = start ? PythonText.TrimStart(text) : text;
            return new JinjaString((end ? PythonText.TrimEnd(trimmed) : trimmed).ToString());
        }
        var set = PythonText.Characters(Text(run, characters)).ToHashSet(StringComparer.Ordinal);
        var (from, to) = (0, text.Length);
        while (start && from < to && set.Contains(text.Substring(from, PythonText.Width(text, from)))) { from += PythonText.Width(text, from); }
        while (end && to > from && set.Contains(text[Before(text, to)..to])) { to = Before(text, to); }
        return new JinjaString(text[from..to]);
    }

    internal static JinjaString Replace(JinjaRun run, string text, string old, string with, long count)
    {
        if (count == 0 || (old.Length == 0 && text.Length == 0 && count == 0)) { return new JinjaString(text); }
        if (count < 0) { count = long.MaxValue; }
        if (old.Length == 0)
        {
            run.Pay(text.Length + (Math.Min(count, text.Length + 1L) * with.Length));
            var spread = new System.Text.StringBuilder();
            for (var at = 0; at < text.Length; count--)
            {
                var width = PythonText.Width(text, at);
                if (count > 0) { spread.Append(with); }
                spread.Append(text, at, width);
                at += width;
            }
            return new JinjaString((count > 0 ? spread.Append(with) : spread).ToString());
        }
        var places = 0L;
        for (var at = text.IndexOf(old, StringComparison.Ordinal); at >= 0 && places < count; at = text.IndexOf(old, at + old.Length, StringComparison.Ordinal)) { places++; }
        run.Pay(text.Length + (places * ((long)with.Length - old.Length)));
        if (places < count) { return new JinjaString(text.Replace(old, with, StringComparison.Ordinal)); }
        var replaced = new System.Text.StringBuilder();
        var start = 0;
        for (var at = text.IndexOf(old, StringComparison.Ordinal); at >= 0 && count > 0; at = text.IndexOf(old, start, StringComparison.Ordinal), count--)
        {
            replaced.Append(text, start, at - start).Append(with);
            start = at + old.Length;
        }
        return new JinjaString(replaced.Append(text, start, text.Length - start).ToString());
    }

    /// <summary>Text in a field: left ('&lt;'), right ('&gt;') or in its middle ('^').</summary>
    internal static JinjaString Pad(JinjaRun run, string text, long width, string fill, char side)
    {
        var missing = width - PythonText.Length(text);
        if (missing <= 0) { return new JinjaString(text); }
        run.Pay(missing + text.Length);
        var left = side switch { '<' => 0, '>' => missing, _ => (missing / 2) + (missing & width & 1) };
        return new JinjaString(Repeat(fill, left) + text + Repeat(fill, missing - left));
    }

    /// <summary>str.split without a separator: words between runs of space, the rest in one when the count is used up.</summary>
    internal static List<string> Words(string text, long most) => PythonSplit.Words(text, most);

    internal static string Text(JinjaRun run, JinjaValue value)
    {
        if (value is not JinjaString text) { throw JinjaThrow.Type(run, $"must be str, not {value.TypeName}"); }
        return text.Text;
    }

    internal static JinjaList Texts(JinjaRun run, IReadOnlyCollection<string> texts)
    {
        run.PayItems(texts.Count);
        return new JinjaList([.. texts.Select(t => new JinjaString(t))]);
    }

    static JinjaValue?[] Bind(JinjaArguments arguments, string name, int required, int most)
    {
        if (arguments.Named.Count > 0 && name is not ("split" or "rsplit" or "splitlines" or "replace")) { JinjaThrow.Type(arguments.Run, $"str.{name}() takes no keyword arguments"); }
        ReadOnlySpan<string> names = name switch { "splitlines" => s_names.AsSpan(2, 1), "replace" => ["old", "new", "count"], "split" or "rsplit" => s_names.AsSpan(0, 2), _ => ["1", "2", "3"] };
        return arguments.Bind(name, required, names[..most]);
    }

    static int Before(string text, int end) => end > 1 && char.IsLowSurrogate(text[end - 1]) && char.IsHighSurrogate(text[end - 2]) ? end - 2 : end - 1;

    static bool Affix(JinjaRun run, string text, JinjaValue?[] given, bool atEnd)
    {
        var (start, end) = Window(run, text, given);
        if (start > end) { return false; }
        var window = text.AsSpan(start, end - start);
        JinjaValue[] affixes = given[0] is JinjaTuple tuple ? tuple.Items : [given[0]!];
        foreach (var affix in affixes)
        {
            if (affix is not JinjaString { Text: var part }) { throw JinjaThrow.Type(run, $"{(atEnd ? "ends" : "starts")}with first arg must be str or a tuple of str, not {affix.TypeName}"); }
            if (atEnd ? window.EndsWith(part, StringComparison.Ordinal) : window.StartsWith(part, StringComparison.Ordinal)) { return true; }
        }
        return false;
    }

    /// <summary>The units between the start and end that the second and third argument give in code points.</summary>
    static (int Start, int End) Window(JinjaRun run, string text, JinjaValue?[] given)
    {
        if (given[1] is null or JinjaNone && given[2] is null or JinjaNone) { return (0, text.Length); }
        var length = PythonText.Length(text);
        var start = given[1] is null or JinjaNone ? 0 : Position(JinjaNumbers.Long(run, given[1]!), length);
        var end = given[2] is null or JinjaNone ? length : Math.Min(Position(JinjaNumbers.Long(run, given[2]!), length), length);
        return start > length ? (1, 0) : (PythonText.UnitAt(text, start), PythonText.UnitAt(text, end));
    }

    static long Position(long index, long length) => index < 0 ? Math.Max(0, index < -length ? 0 : index + length) : index;

    static int Find(JinjaRun run, string text, JinjaValue?[] given, bool fromRight)
    {
        var part = Text(run, given[0]!);
        var (start, end) = Window(run, text, given);
        if (start > end) { return -1; }
        var window = text.AsSpan(start, end - start);
        var at = fromRight ? window.LastIndexOf(part, StringComparison.Ordinal) : window.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1 : PythonText.CodePointsBefore(text, start + at);
    }

    static JinjaInt Found(JinjaRun run, int at)
    {
        if (at < 0) { JinjaThrow.Value(run, "substring not found"); }
        return new JinjaInt(at);
    }

    static JinjaInt Count(JinjaRun run, string text, JinjaValue?[] given)
    {
        var part = Text(run, given[0]!);
        var (start, end) = Window(run, text, given);
        if (start > end) { return new JinjaInt(BigInteger.Zero); }
        var window = text[start..end];
        return new JinjaInt(part.Length == 0 ? PythonText.Length(window) + 1 : window.AsSpan().Count(part));
    }

    static JinjaString Join(JinjaRun run, string text, JinjaValue?[] given)
    {
        if (!JinjaIteration.IsIterable(given[0]!)) { JinjaThrow.Type(run, "can only join an iterable"); }
        return JinjaItemFilters.Join(run, text, JinjaIteration.Items(run, given[0]!).Select(item => item is JinjaUndefined ? "" : Text(run, item)));
    }

    static string Fill(JinjaRun run, JinjaValue? fill)
    {
        if (fill is null) { return " "; }
        var text = Text(run, fill);
        if (PythonText.Length(text) != 1) { JinjaThrow.Type(run, "The fill character must be exactly one character long"); }
        return text;
    }

    static JinjaString ZeroFill(JinjaRun run, string text, long width)
    {
        var sign = text.Length > 0 && text[0] is '+' or '-' ? text[..1] : "";
        var padded = Pad(run, text[sign.Length..], width - sign.Length, "0", '>');
        return new JinjaString(sign + padded.Text);
    }

    static JinjaString ExpandTabs(JinjaRun run, string text, JinjaValue?[] given)
    {
        var size = given[0] is null ? 8 : Math.Clamp(JinjaNumbers.Long(run, given[0]!), 0, 1 << 20);
        var expanded = new System.Text.StringBuilder();
        var column = 0L;
        foreach (var c in text)
        {
            if (c == '\t')
            {
                var spaces = size == 0 ? 0 : size - (column % size);
                run.Pay(spaces);
                expanded.Append(' ', (int)spaces);
                column += spaces;
                continue;
            }
            expanded.Append(c);
            column = c is '\n' or '\r' ? 0 : column + 1;
        }
        return new JinjaString(expanded.ToString());
    }

    static JinjaBool All(string text, Func<string, bool> test) => JinjaBool.Of(text.Length > 0 && PythonText.Characters(text).All(test));

    static string Repeat(string fill, long count) => fill.Length == 1 ? new string(fill[0], (int)count) : string.Concat(Enumerable.Repeat(fill, (int)count));
}
