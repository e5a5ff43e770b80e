using System.Globalization;
using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>json.dumps as transformers' <c>tojson</c> calls it: not ASCII alone, nothing escaped for HTML (TPL-4.2).</summary>
sealed class JinjaJson
{
    readonly JinjaRun _run;
    readonly bool _ascii;
    readonly string? _indent;
    readonly string _itemSeparator;
    readonly string _keySeparator;
    readonly bool _sorted;
    readonly StringBuilder _text = new();

    JinjaJson(JinjaRun run, bool ascii, string? indent, (string Item, string Key) separators, bool sorted) =>
        (_run, _ascii, _indent, _itemSeparator, _keySeparator, _sorted) = (run, ascii, indent, separators.Item, separators.Key, sorted);

    /// <summary>The filter.</summary>
    internal static JinjaValue Filter(JinjaArguments arguments)
    {
        var run = arguments.Run;
        var given = arguments.Bind("tojson", 1, "x", "ensure_ascii", "indent", "separators", "sort_keys");
        var ascii = given[1] is { } flag && JinjaOperators.Truth(run, flag);
        var indent = given[2] switch
        {
            null or JinjaNone => null,
            JinjaString text => text.Text,
            var width => new string(' ', (int)Math.Clamp(JinjaNumbers.Long(run, width), 0, 1000)),
        };
        var separators = given[3] switch
        {
            null or JinjaNone => (indent is null ? ", " : ",", ": "),
            JinjaTuple { Items: [JinjaString item, JinjaString key] } => (item.Text, key.Text),
            JinjaList { Items: [JinjaString item, JinjaString key] } => (item.Text, key.Text),
            _ => Refuse(run),
        };
        var json = new JinjaJson(run, ascii, indent, separators, given[4] is { } sorted && JinjaOperators.Truth(run, sorted));
        json.Write(given[0]!, 0);
        return new JinjaString(json._text.ToString());
    }

    /// <summary>json.dumps(value, ensure_ascii=False, indent=…) of a value that came from JSON.</summary>
    internal static string Dump(JinjaValue value, string where, string? indent = null)
    {
        var json = new JinjaJson(new JinjaRun(where, TemplateLimits.Default, default), ascii: false, indent, (indent is null ? ", " : ",", ": "), sorted: false);
        json.Write(value, 0);
        return json._text.ToString();
    }

    static (string Item, string Key) Refuse(JinjaRun run)
    {
        JinjaThrow.Type(run, "separators must be two strings");
        return default;
    }

    void Write(JinjaValue value, int level)
    {
        _run.Enter();
        try
        {
            switch (value)
            {
                case JinjaString text: String(text.Text); break;
                case JinjaNone: Append("null"); break;
                case JinjaBool or JinjaInt or JinjaFloat: Append(Scalar(value)); break;
                case JinjaList list: Items(list.Items, level); break;
                case JinjaTuple tuple: Items(tuple.Items, level); break;
                case JinjaDict dict: Dict(dict, level); break;
                default: JinjaThrow.Type(_run, $"Object of type {value.TypeName} is not JSON serializable"); break;
            }
        }
        finally { _run.Leave(); }
    }

    string Scalar(JinjaValue value) => value switch
    {
        JinjaBool flag => flag.Value ? "true" : "false",
        JinjaFloat { Value: double.NaN } => "NaN",
        JinjaFloat { Value: double.PositiveInfinity } => "Infinity",
        JinjaFloat { Value: double.NegativeInfinity } => "-Infinity",
        _ => JinjaText.Str(_run, value),
    };

    void Items(JinjaValue[] items, int level)
    {
        if (items.Length == 0) { Append("[]"); return; }
        Append("[");
        for (var i = 0; i < items.Length; i++)
        {
            Separate(i, level);
            Write(items[i], level + 1);
        }
        Close(level, "]");
    }

    void Dict(JinjaDict dict, int level)
    {
        if (dict.Items.Count == 0) { Append("{}"); return; }
        Append("{");
        IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> items = dict.Items;
        if (_sorted) { items = JinjaSort.Sorted(_run, [.. dict.Items], pair => pair.Key, reverse: false); }
        var i = 0;
        foreach (var (key, value) in items)
        {
            Separate(i++, level);
            String(key switch
            {
                JinjaString text => text.Text,
                JinjaNone => "null",
                JinjaBool or JinjaInt or JinjaFloat => Scalar(key),
                _ => RefuseKey(key),
            });
            Append(_keySeparator);
            Write(value, level + 1);
        }
        Close(level, "}");
    }

    string RefuseKey(JinjaValue key)
    {
        JinjaThrow.Type(_run, $"keys must be str, int, float, bool or None, not {key.TypeName}");
        return "";
    }

    void Separate(int index, int level)
    {
        if (index > 0) { Append(_itemSeparator); }
        if (_indent is not null) { NewLine(level + 1); }
    }

    void Close(int level, string bracket)
    {
        if (_indent is not null) { NewLine(level); }
        Append(bracket);
    }

    void NewLine(int level)
    {
        Append("\n");
        for (var i = 0; i < level; i++) { Append(_indent!); }
    }

    void Append(string text)
    {
        _run.Pay(text.Length);
        _text.Append(text);
    }

    void String(string text)
    {
        _run.Pay(text.Length + 2L);
        _text.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': _text.Append("\\\""); break;
                case '\\': _text.Append("\\\\"); break;
                case '\n': _text.Append("\\n"); break;
                case '\r': _text.Append("\\r"); break;
                case '\t': _text.Append("\\t"); break;
                case '\f': _text.Append("\\f"); break;
                case '\b': _text.Append("\\b"); break;
                case < ' ':
                case >= '\x7f' when _ascii: _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                default: _text.Append(c); break;
            }
        }
        _text.Append('"');
    }
}
