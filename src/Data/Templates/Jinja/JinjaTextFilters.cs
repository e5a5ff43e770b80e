using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Filters that give text.</summary>
static partial class JinjaTextFilters
{
    static readonly System.Buffers.SearchValues<char> s_notInNames = System.Buffers.SearchValues.Create(" \t\n\r\f\v/>=");

    /// <summary>A filter that is one function of the text.</summary>
    internal static JinjaValue Map(JinjaArguments arguments, string name, Func<string, string> map)
    {
        var value = arguments.Bind(name, 1, "s")[0]!;
        var text = JinjaText.Str(arguments.Run, value);
        arguments.Run.Pay(text.Length);
        return new JinjaString(map(text), value is JinjaString { IsMarkup: true });
    }

    /// <summary>jinja2's own idea of a title: words begin behind spaces, hyphens and opening brackets.</summary>
    internal static string TitleWords(string text)
    {
        var title = new StringBuilder(text.Length);
        foreach (var part in WordBeginning().Split(text).Where(part => part.Length > 0))
        {
            var first = PythonText.Width(part, 0);
            title.Append(PythonText.Upper(part[..first])).Append(PythonText.Lower(part[first..]));
        }
        return title.ToString();
    }

    internal static JinjaValue Trim(JinjaArguments arguments)
    {
        var given = arguments.Bind("trim", 1, "value", "chars");
        return JinjaStringMethods.Strip(arguments.Run, JinjaText.Str(arguments.Run, given[0]!), given[1], start: true, end: true);
    }

    internal static JinjaValue Center(JinjaArguments arguments)
    {
        var given = arguments.Bind("center", 1, "value", "width");
        var width = given[1] is null ? 80 : JinjaNumbers.Long(arguments.Run, given[1]!);
        return JinjaStringMethods.Pad(arguments.Run, JinjaText.Str(arguments.Run, given[0]!), width, " ", '^');
    }

    internal static JinjaValue Format(JinjaArguments arguments)
    {
        if (arguments.Positional.Length == 0) { arguments.Bind("format", 1, "value"); }
        if (arguments.Positional.Length > 1 && arguments.Named.Count > 0) { JinjaThrow.Argument(arguments.Run, "can't handle positional and keyword arguments at the same time"); }
        JinjaValue values = new JinjaTuple(arguments.Skip(1).Positional);
        if (arguments.Named.Count > 0)
        {
            var dict = new JinjaDict();
            foreach (var (name, value) in arguments.Named) { dict.Items[new JinjaString(name)] = value; }
            values = dict;
        }
        return new JinjaString(PythonPercent.Format(arguments.Run, JinjaText.Str(arguments.Run, arguments.Positional[0]), values));
    }

    internal static JinjaValue Indent(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("indent", 1, "s", "width", "first", "blank");
        if (given[0] is not JinjaString text)
        {
            if (given[0] is JinjaUndefined undefined) { JinjaOperators.Refuse(run, undefined); }
            if (given[0] is JinjaList) { JinjaThrow.Python(run, "AttributeError", "'list' object has no attribute 'splitlines'"); } // += has extended it
            JinjaThrow.Type(run, $"unsupported operand type(s) for +=: '{given[0]!.TypeName}' and 'str'");
            return given[0]!;
        }
        var indent = given[1] switch { null => "    ", JinjaString own => own.Text, var width => Spaces(run, JinjaNumbers.Long(run, width)) };
        var (first, blank) = (Flag(run, given[2]), Flag(run, given[3]));
        var lines = PythonText.Lines(text.Text + "\n");
        run.Pay(text.Text.Length + (lines.Count * (long)indent.Length));
        var indented = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) { indented.Append('\n'); }
            if (i == 0 ? first : blank || lines[i].Length > 0) { indented.Append(indent); }
            indented.Append(lines[i]);
        }
        return new JinjaString(indented.ToString(), text.IsMarkup);
    }

    internal static JinjaValue Replace(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("replace", 3, "s", "old", "new", "count");
        var count = given[3] is null or JinjaNone ? -1 : JinjaNumbers.Long(run, given[3]!);
        return JinjaStringMethods.Replace(run, JinjaText.Str(run, given[0]!), JinjaText.Str(run, given[1]!), JinjaText.Str(run, given[2]!), count);
    }

    internal static JinjaValue Truncate(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("truncate", 1, "s", "length", "killwords", "end", "leeway");
        var length = given[1] is null ? 255 : JinjaNumbers.Long(run, given[1]!);
        var end = given[3] is null ? "..." : JinjaText.Str(run, given[3]!);
        var leeway = given[4] is null or JinjaNone ? 5 : JinjaNumbers.Long(run, given[4]!);
        if (length < end.Length || leeway < 0) { JinjaThrow.Python(run, "AssertionError", $"expected length >= {end.Length} and leeway >= 0"); }
        if (given[0] is not JinjaString { Text: var text })
        {
            if (JinjaIteration.Length(run, given[0]!) is not { } items) { throw JinjaThrow.Type(run, $"object of type '{given[0]!.TypeName}' has no len()"); }
            return items <= Math.Min(length, int.MaxValue) + leeway ? given[0]! : throw JinjaThrow.Python(run, Flag(run, given[2]) ? "TypeError" : "AttributeError", $"'{given[0]!.TypeName}' is no text to be truncated");
        }
        if (PythonText.Length(text) <= Math.Min(length, int.MaxValue) + leeway) { return given[0]!; }
        var cut = text[..PythonText.UnitAt(text, length - PythonText.Length(end))];
        var space = cut.LastIndexOf(' ');
        if (!Flag(run, given[2]) && space >= 0) { cut = cut[..space]; }
        run.Pay(cut.Length + end.Length);
        return new JinjaString(cut + end);
    }

    internal static JinjaValue WordCount(JinjaArguments arguments) => new JinjaInt(Word().Count(JinjaText.Str(arguments.Run, arguments.Bind("wordcount", 1, "s")[0]!)));

    internal static JinjaValue StripTags(JinjaArguments arguments)
    {
        var text = JinjaText.Str(arguments.Run, arguments.Bind("striptags", 1, "value")[0]!);
        arguments.Run.Pay(text.Length * 2L);
        text = Tag().Replace(Comment().Replace(text, ""), "");
        return new JinjaString(JinjaOperators.Unescape(string.Join(' ', JinjaStringMethods.Words(text, -1))));
    }

    internal static JinjaValue UrlEncode(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var value = arguments.Bind("urlencode", 1, "value")[0]!;
        if (value is JinjaString || !JinjaIteration.IsIterable(value)) { return new JinjaString(Quote(run, value, isQuery: false)); }
        var pairs = value is JinjaDict dict ? JinjaContainerMethods.Pairs(run, dict) : JinjaIteration.Items(run, value);
        return JinjaItemFilters.Join(run, "&", pairs.Select(pair =>
        {
            var both = JinjaIteration.ToArray(run, pair);
            if (both.Length != 2) { JinjaThrow.Value(run, "pairs of key and value are needed"); }
            return $"{Quote(run, both[0], isQuery: true)}={Quote(run, both[1], isQuery: true)}";
        }));
    }

    internal static JinjaValue XmlAttributes(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("xmlattr", 1, "d", "autospace");
        if (given[0] is JinjaUndefined undefined) { JinjaOperators.Refuse(run, undefined); }
        if (given[0] is not JinjaDict dict) { throw JinjaThrow.Python(run, "AttributeError", $"'{given[0]!.TypeName}' object has no attribute 'items'"); }
        var text = new StringBuilder();
        foreach (var (key, value) in dict.Items)
        {
            if (value is JinjaNone or JinjaUndefined) { continue; }
            if (key is not JinjaString name) { throw JinjaThrow.Type(run, "expected string or bytes-like object"); }
            if (name.Text.AsSpan().ContainsAny(s_notInNames)) { JinjaThrow.Value(run, $"Invalid character in attribute name: {JinjaText.Repr(run, name)}"); }
            if (text.Length > 0) { text.Append(' '); }
            text.Append(CultureInfo.InvariantCulture, $"{JinjaOperators.Escape(run, name).Text}=\"{JinjaOperators.Escape(run, value).Text}\"");
        }
        return new JinjaString(text.Length > 0 && (given[1] is null || Flag(run, given[1])) ? $" {text}" : text.ToString());
    }

    /// <summary>pformat(), where its text stays on one line: keys in order.</summary>
    internal static JinjaValue PrettyPrint(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var text = JinjaText.Repr(run, Ordered(run, arguments.Bind("pprint", 1, "value")[0]!));
        if (text.Length > 80) { JinjaThrow.Unsupported(run, "pprint of more than a line"); }
        return new JinjaString(text);
    }

    internal static JinjaValue WordWrap(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("wordwrap", 1, "s", "width", "break_long_words", "wrapstring", "break_on_hyphens");
        if (given[0] is not JinjaString { Text: var text }) { throw JinjaThrow.Python(run, "AttributeError", $"'{given[0]!.TypeName}' object has no attribute 'splitlines'"); }
        var width = given[1] is null ? 79 : JinjaNumbers.Long(run, given[1]!);
        if (width <= 0) { JinjaThrow.Value(run, $"invalid width {width} (must be > 0)"); }
        if ((given[4] is null || Flag(run, given[4])) && text.Contains('-', StringComparison.Ordinal)) { JinjaThrow.Unsupported(run, "wordwrap of text with hyphens"); }
        var breaks = given[2] is null || Flag(run, given[2]);
        var with = given[3] is null or JinjaNone ? "\n" : JinjaText.Str(run, given[3]!);
        run.Pay(text.Length * (2L + with.Length));
        return JinjaItemFilters.Join(run, with, PythonText.Lines(text).Select(line => string.Join(with, PythonWrap.Lines(line, (int)Math.Min(width, int.MaxValue), breaks))));
    }

    static string Spaces(JinjaRun run, long width)
    {
        run.Pay(width);
        return new string(' ', (int)Math.Max(width, 0));
    }

    static JinjaValue Ordered(JinjaRun run, JinjaValue value)
    {
        run.Enter();
        JinjaValue ordered = value;
        switch (value)
        {
            case JinjaList list: ordered = new JinjaList([.. list.Items.Select(item => Ordered(run, item))]); break;
            case JinjaTuple tuple: ordered = new JinjaTuple([.. tuple.Items.Select(item => Ordered(run, item))]); break;
            case JinjaDict dict:
                var sorted = new JinjaDict();
                foreach (var (key, item) in JinjaSort.Sorted(run, [.. dict.Items], pair => pair.Key, reverse: false)) { sorted.Items[key] = Ordered(run, item); }
                ordered = sorted;
                break;
            default: break;
        }
        run.Leave();
        return ordered;
    }

    static string Quote(JinjaRun run, JinjaValue value, bool isQuery)
    {
        var text = JinjaText.Str(run, value);
        run.Pay(text.Length * 9L);
        var quoted = Uri.EscapeDataString(text);
        return isQuery ? quoted.Replace("%20", "+", StringComparison.Ordinal) : quoted.Replace("%2F", "/", StringComparison.Ordinal);
    }

    static bool Flag(JinjaRun run, JinjaValue? value) => value is not null && JinjaOperators.Truth(run, value);

    [GeneratedRegex(@"([-\s({\[<]+)", RegexOptions.CultureInvariant)]
    private static partial Regex WordBeginning();

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"<!--(?>.*?-->)", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"<(?>[^>]*)>", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();
}
