using System.Net;
using System.Text;

namespace Ckpt.Verify.Reports;

/// <summary>Builds HTML: every element opened is closed, and all text and attributes are escaped.</summary>
sealed class HtmlText
{
    readonly StringBuilder _text = new();

    /// <summary>Opens an element; disposing closes it.</summary>
    internal Scope In(string tag, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Open(tag, attributes);
        return new Scope(this, tag);
    }

    /// <summary>An element of a class.</summary>
    internal Scope In(string tag, string css) => In(tag, ("class", css));

    /// <summary>An element that holds text only.</summary>
    internal HtmlText Leaf(string tag, string text, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Open(tag, attributes);
        Text(text);
        _text.Append("</").Append(tag).Append('>');
        return this;
    }

    /// <summary>Text.</summary>
    internal HtmlText Text(string text)
    {
        _text.Append(WebUtility.HtmlEncode(text));
        return this;
    }

    /// <summary>What is HTML already; never anything that was read.</summary>
    internal HtmlText Raw(string html)
    {
        _text.Append(html);
        return this;
    }

    public override string ToString() => _text.ToString();

    void Open(string tag, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _text.Append('<').Append(tag);
        foreach (var (name, value) in attributes) { _text.Append(' ').Append(name).Append("=\"").Append(WebUtility.HtmlEncode(value)).Append('"'); }
        _text.Append('>');
    }

    /// <summary>An element that is open.</summary>
    internal readonly ref struct Scope(HtmlText html, string tag)
    {
        /// <summary>Closes it.</summary>
        public void Dispose() => html._text.Append("</").Append(tag).Append(">\n");
    }
}
