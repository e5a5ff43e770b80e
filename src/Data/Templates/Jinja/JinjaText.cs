using System.Globalization;
using System.Text;

namespace Ckpt.Data.Templates.Jinja;

/// <summary>Values as text: Python's str() and repr() (TPL-2.1).</summary>
static class JinjaText
{
    /// <summary>str().</summary>
    internal static string Str(JinjaRun run, JinjaValue value)
    {
        switch (value)
        {
            case JinjaString text: return text.Text;
            case JinjaUndefined: return "";
            default:
                var written = new StringBuilder();
                Write(run, value, written);
                return written.ToString();
        }
    }

    /// <summary>repr().</summary>
    internal static string Repr(JinjaRun run, JinjaValue value)
    {
        var written = new StringBuilder();
        Write(run, value, written);
        return written.ToString();
    }

    static void Write(JinjaRun run, JinjaValue value, StringBuilder to)
    {
        run.Enter();
        try
        {
            switch (value)
            {
                case JinjaNone: Append(run, to, "None"); break;
                case JinjaBool flag: Append(run, to, flag.Value ? "True" : "False"); break;
                case JinjaInt number: WriteInt(run, number, to); break;
                case JinjaFloat number: Append(run, to, PythonFloat.Repr(number.Value)); break;
                case JinjaString text: WriteString(run, text, to); break;
                case JinjaList list: WriteItems(run, list.Items, "[", "]", to); break;
                case JinjaTuple tuple: WriteItems(run, tuple.Items, "(", tuple.Items.Length == 1 ? ",)" : ")", to); break;
                case JinjaView view: WriteItems(run, view.Items, view.TypeName + "([", "])", to); break;
                case JinjaDict dict: WriteDict(run, dict, to); break;
                case JinjaUndefined: Append(run, to, "Undefined"); break;
                case JinjaNamespace names: WriteNamespace(run, names, to); break;
                case JinjaRange { Step: 1 } range: Append(run, to, string.Create(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop})")); break;
                case JinjaRange range: Append(run, to, string.Create(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}, {range.Step})")); break;
                case JinjaMacro macro: Append(run, to, macro.Name is null ? "<Macro anonymous>" : $"<Macro '{macro.Name}'>"); break;
                case JinjaLoop loop: Append(run, to, string.Create(CultureInfo.InvariantCulture, $"<LoopContext {loop.Index0 + 1}/{loop.Length(run)}>")); break;
                default: Append(run, to, $"<{value.TypeName} object>"); break; // Python writes an address
            }
        }
        finally { run.Leave(); }
    }

    static void Append(JinjaRun run, StringBuilder to, string text)
    {
        run.Pay(text.Length);
        to.Append(text);
    }

    static void WriteInt(JinjaRun run, JinjaInt number, StringBuilder to)
    {
        var text = number.Value.ToString(CultureInfo.InvariantCulture);
        if (text.Length > 4300) { JinjaThrow.Value(run, "Exceeds the limit (4300 digits) for integer string conversion"); }
        Append(run, to, text);
    }

    static void WriteItems(JinjaRun run, JinjaValue[] items, string open, string close, StringBuilder to)
    {
        Append(run, to, open);
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0) { Append(run, to, ", "); }
            Write(run, items[i], to);
        }
        Append(run, to, close);
    }

    static void WriteDict(JinjaRun run, JinjaDict dict, StringBuilder to)
    {
        Append(run, to, "{");
        var separator = "";
        foreach (var (key, value) in dict.Items)
        {
            Append(run, to, separator);
            Write(run, key, to);
            Append(run, to, ": ");
            Write(run, value, to);
            separator = ", ";
        }
        Append(run, to, "}");
    }

    static void WriteNamespace(JinjaRun run, JinjaNamespace names, StringBuilder to)
    {
        Append(run, to, "<Namespace {");
        var separator = "";
        foreach (var (key, value) in names.Attributes)
        {
            Append(run, to, $"{separator}'{key}': ");
            Write(run, value, to);
            separator = ", ";
        }
        Append(run, to, "}>");
    }

    static void WriteString(JinjaRun run, JinjaString value, StringBuilder to)
    {
        var text = value.Text;
        run.Pay(text.Length + 2L);
        if (value.IsMarkup) { to.Append("Markup("); }
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        to.Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote || c == '\\') { to.Append('\\').Append(c); }
            else if (c is >= ' ' and < '\x7f') { to.Append(c); }
            else if (c == '\n') { to.Append("\\n"); }
            else if (c == '\r') { to.Append("\\r"); }
            else if (c == '\t') { to.Append("\\t"); }
            else { i += WriteOther(text, i, to) - 1; }
        }
        to.Append(quote);
        if (value.IsMarkup) { to.Append(')'); }
    }

    static int WriteOther(string text, int at, StringBuilder to)
    {
        var width = PythonText.Width(text, at);
        var character = text.Substring(at, width);
        if (PythonText.IsPrintable(character)) { to.Append(character); }
        else if (width == 2) { to.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(text, at):x8}"); }
        else if (text[at] <= 0xFF) { to.Append(CultureInfo.InvariantCulture, $"\\x{(int)text[at]:x2}"); }
        else { to.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:x4}"); }
        return width;
    }
}
