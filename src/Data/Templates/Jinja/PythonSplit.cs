namespace Ckpt.Data.Templates.Jinja;

/// <summary>str.split and its kin.</summary>
static class PythonSplit
{
    internal static JinjaValue Split(JinjaRun run, string text, JinjaValue? separator, JinjaValue? most, bool fromRight)
    {
        var count = most is null ? -1 : JinjaNumbers.Long(run, most);
        if (separator is null or JinjaNone) { return JinjaStringMethods.Texts(run, fromRight ? WordsFromRight(text, count) : Words(text, count)); }
        var by = JinjaStringMethods.Text(run, separator);
        if (by.Length == 0) { JinjaThrow.Value(run, "empty separator"); }
        return JinjaStringMethods.Texts(run, fromRight ? PartsFromRight(text, by, count) : Parts(text, by, count));
    }

    internal static JinjaTuple Partition(JinjaRun run, string text, string separator, bool fromRight)
    {
        if (separator.Length == 0) { JinjaThrow.Value(run, "empty separator"); }
        var at = fromRight ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        string[] parts = at >= 0 ? [text[..at], separator, text[(at + separator.Length)..]] : fromRight ? ["", "", text] : [text, "", ""];
        return new JinjaTuple([.. parts.Select(part => new JinjaString(part))]);
    }

    internal static List<string> Words(string text, long most)
    {
        var words = new List<string>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && PythonText.IsSpace(text[at])) { at++; }
            if (at == text.Length) { return words; }
            if (most >= 0 && words.Count == most)
            {
                words.Add(text[at..]);
                return words;
            }
            var start = at;
            while (at < text.Length && !PythonText.IsSpace(text[at])) { at++; }
            words.Add(text[start..at]);
        }
    }

    static List<string> WordsFromRight(string text, long most)
    {
        var words = new List<string>();
        var end = text.Length;
        while (true)
        {
            while (end > 0 && PythonText.IsSpace(text[end - 1])) { end--; }
            if (end == 0) { break; }
            if (most >= 0 && words.Count == most)
            {
                words.Add(text[..end]);
                break;
            }
            var start = end;
            while (start > 0 && !PythonText.IsSpace(text[start - 1])) { start--; }
            words.Add(text[start..end]);
            end = start;
        }
        words.Reverse();
        return words;
    }

    static List<string> Parts(string text, string by, long most)
    {
        var parts = new List<string>();
        var start = 0;
        for (var at = text.IndexOf(by, StringComparison.Ordinal); at >= 0 && (most < 0 || parts.Count < most); at = text.IndexOf(by, start, StringComparison.Ordinal))
        {
            parts.Add(text[start..at]);
            start = at + by.Length;
        }
        parts.Add(text[start..]);
        return parts;
    }

    static List<string> PartsFromRight(string text, string by, long most)
    {
        var parts = new List<string>();
        var end = text.Length;
        while (most < 0 || parts.Count < most)
        {
            var at = text.AsSpan(0, end).LastIndexOf(by, StringComparison.Ordinal);
            if (at < 0) { break; }
            parts.Add(text[(at + by.Length)..end]);
            end = at;
        }
        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }
}
