using System.Diagnostics.CodeAnalysis;
using Ckpt.Data.Templates.Jinja;

namespace Ckpt.Data.Templates;

/// <summary>A last message that stays open: a tag is put behind its text, and what the template writes from there on is cut (TPL-5.1).</summary>
sealed class ContinuedMessage
{
    const string Tag = "CONTINUE_FINAL_MESSAGE_TAG ";

    readonly string _text;

    ContinuedMessage(JinjaValue messages, string text) => (Messages, _text) = (messages, text);

    /// <summary>The conversation with the tag in it.</summary>
    internal JinjaValue Messages { get; }

    internal static ContinuedMessage Open(JinjaValue messages, string field, string template, string where)
    {
        if (messages is not JinjaList { Items: [.., var last] } list) { throw Throw.NoMessage(where); }
        if (last is not JinjaDict message) { throw Throw.NotMessage(where); }
        if (!message.Items.TryGetValue(new JinjaString(field), out var content) || content is JinjaNone) { throw Throw.NoField(where, field); }
        if (!template.Contains(field, StringComparison.Ordinal)) { Throw.NotInTemplate(where, field); }
        var (tagged, text) = Tagged(content, where);
        return new ContinuedMessage(new JinjaList([.. list.Items[..^1], With(message, field, tagged)]), text);
    }

    /// <summary>The rendered text up to the tag.</summary>
    internal RenderedChat Close(RenderedChat rendered, string where)
    {
        var tag = Tag.TrimEnd();
        var at = rendered.Text.LastIndexOf(tag, StringComparison.Ordinal);
        var final = PythonText.TrimStart(PythonText.TrimEnd(_text));
        if (at < 0 || !rendered.Text.AsSpan().Contains(final, StringComparison.Ordinal)) { Throw.NotRendered(where); }
        var text = rendered.Text[..at];
        // Where the space of the tag is gone the template trims, and would have trimmed the text's own.
        if (!rendered.Text.AsSpan(at).StartsWith(Tag)) { text = PythonText.TrimEnd(text).ToString(); }
        return new RenderedChat(text, [.. rendered.Generations.Where(g => g.Start < text.Length).Select(g => g with { End = Math.Min(g.End, text.Length) })]);
    }

    static (JinjaValue Tagged, string Text) Tagged(JinjaValue content, string where)
    {
        if (content is JinjaString text) { return (new JinjaString(text.Text + Tag), text.Text); }
        var textField = new JinjaString("text");
        if (content is not JinjaList blocks) { throw Throw.NotText(where, content.TypeName); }
        for (var i = blocks.Items.Length - 1; i >= 0; i--)
        {
            if (blocks.Items[i] is JinjaDict block && block.Items.TryGetValue(textField, out var value) && value is JinjaString own)
            {
                JinjaValue[] tagged = [.. blocks.Items];
                tagged[i] = With(block, "text", new JinjaString(own.Text + Tag));
                return (new JinjaList(tagged), own.Text);
            }
        }
        Throw.NoText(where);
        return default;
    }

    static JinjaDict With(JinjaDict dict, string field, JinjaValue value)
    {
        var copy = new JinjaDict();
        foreach (var (key, old) in dict.Items) { copy.Items[key] = old; }
        copy.Items[new JinjaString(field)] = value;
        return copy;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception NoMessage(string where) => throw new TemplateException("TPL-5.2", "IndexError", where, "there is no last message to continue");

        [DoesNotReturn]
        internal static Exception NotMessage(string where) => throw new TemplateException("TPL-5.2", "AttributeError", where, "the last message is no object");

        [DoesNotReturn]
        internal static Exception NoField(string where, string field) => Value(where, $"the last message has no '{field}' to continue");

        [DoesNotReturn]
        internal static Exception NotInTemplate(string where, string field) => Value(where, $"'{field}' is to be continued, but the template does not read it");

        [DoesNotReturn]
        internal static Exception NotText(string where, string type) => throw new TemplateException("TPL-5.2", "TypeError", where, $"the last message's text is of type {type}, not str");

        [DoesNotReturn]
        internal static Exception NoText(string where) => Value(where, "no text was found to continue in the last message");

        [DoesNotReturn]
        internal static Exception NotRendered(string where) => Value(where, "the last message does not appear in the rendered text, so it cannot be continued");

        [DoesNotReturn]
        static Exception Value(string where, string message) => throw new TemplateException("TPL-5.2", "ValueError", where, message);
    }
}
