namespace Ckpt.Data.Templates.Named;

/// <summary>The messages of a sample made fit for a template: calls written out, neighbours of one role merged, thoughts put in and out.</summary>
static class SampleMessages
{
    const string ThoughtBegin = "<think>";
    const string ThoughtEnd = "</think>";

    /// <summary>Calls become what the assistant says; results stay, together, for the template's tool style.</summary>
    internal static List<ChatMessage> WithCalls(IReadOnlyList<ChatMessage> messages, ToolStyle? style, string where)
    {
        var result = new List<ChatMessage>();
        for (var i = 0; i < messages.Count;)
        {
            if (messages[i].Role != "tool_call")
            {
                result.Add(messages[i++]);
                continue;
            }
            var end = i;
            while (end < messages.Count && messages[end].Role == "tool_call") { end++; }
            var calls = messages.Skip(i).Take(end - i).Select(m => m.Content!).ToList();
            result.Add(new ChatMessage("assistant", ToolTexts.Calls(style, calls, where), messages[i].Loss));
            i = end;
        }
        return result;
    }

    /// <summary>Neighbours of the same role become one message; results keep their texts apart.</summary>
    internal static List<ChatMessage> Merged(List<ChatMessage> messages)
    {
        var result = new List<ChatMessage>();
        foreach (var message in messages)
        {
            var merges = message.Role is "user" or "assistant" && result.Count > 0 && result[^1].Role == message.Role;
            if (merges) { result[^1] = result[^1] with { Content = result[^1].Content + message.Content }; }
            else { result.Add(message); }
        }
        return result;
    }

    /// <summary>The index of the last question or result; −1 where there is none.</summary>
    internal static int LastQuestion(IReadOnlyList<ChatMessage> messages)
    {
        var last = messages.Count - 1;
        while (last >= 0 && messages[last].Role is not ("user" or "tool")) { last--; }
        return last;
    }

    /// <summary>Answers without a thought get the template's empty one: all of them, or those behind the last question.</summary>
    internal static void AddEmptyThoughts(List<ChatMessage> messages, string prefix, bool onlyLast)
    {
        if (prefix.Length == 0) { return; }
        for (var i = onlyLast ? Math.Max(LastQuestion(messages), 0) : 0; i < messages.Count; i++)
        {
            if (messages[i] is not { Role: "assistant", Content: { } content } || content.StartsWith(ThoughtBegin, StringComparison.Ordinal) || content.StartsWith(prefix, StringComparison.Ordinal)) { continue; }
            messages[i] = messages[i] with { Content = prefix + content };
        }
    }

    /// <summary>Thoughts before the last question are taken out.</summary>
    internal static void RemoveOldThoughts(List<ChatMessage> messages, string inPlace)
    {
        var last = LastQuestion(messages);
        for (var i = 0; i < last; i++)
        {
            if (messages[i] is not { Role: "assistant", Content: { } content }) { continue; }
            var end = content.LastIndexOf(ThoughtEnd, StringComparison.Ordinal);
            var said = Jinja.PythonText.TrimStart(Jinja.PythonText.TrimEnd(end < 0 ? content : content.AsSpan(end + ThoughtEnd.Length)));
            messages[i] = messages[i] with { Content = inPlace + said.ToString() };
        }
    }
}
