using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Ckpt.Data.Templates.Jinja;

namespace Ckpt.Data.Templates.Named;

/// <summary>Rows of JSON to samples (TPL-6.3).</summary>
public static class ChatSampleParser
{
    /// <summary>The sample of a row with <c>messages</c> and perhaps <c>tools</c>.</summary>
    public static ChatSample Parse(JsonElement row, string where)
    {
        if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty("messages", out var messages)) { throw Throw.NoMessages(where); }
        return Sample(messages, row, where);
    }

    /// <summary>The sample that is rejected, of a row with <c>rejected_response</c> or <c>rejected_messages</c>; null where it has neither.</summary>
    public static ChatSample? ParseRejected(JsonElement row, string where)
    {
        if (row.TryGetProperty("rejected_messages", out var rejected) && rejected.ValueKind == JsonValueKind.Array) { return Sample(rejected, row, where); }
        if (!row.TryGetProperty("rejected_response", out var response) || response.ValueKind != JsonValueKind.String) { return null; }
        var chosen = Parse(row, where);
        var lastQuestion = chosen.Messages.Count - 1;
        while (lastQuestion >= 0 && chosen.Messages[lastQuestion].Role != "user") { lastQuestion--; }
        return chosen with { Messages = [.. chosen.Messages.Take(lastQuestion + 1), new ChatMessage("assistant", response.GetString())] };
    }

    static ChatSample Sample(JsonElement messages, JsonElement row, string where)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0) { throw Throw.NoMessages(where); }
        var parsed = messages.EnumerateArray().Select((m, i) => Message(m, $"{where}: message {i}")).ToList();
        string? system = null;
        if (parsed[0].Role == "system")
        {
            system = parsed[0].Content;
            parsed.RemoveAt(0);
        }
        if (parsed.Count == 0) { throw Throw.NoMessages(where); }
        if (parsed.FindIndex(m => m.Role == "system") is var late && late >= 0) { throw Throw.LateSystem(where, late); }
        return new ChatSample(system, parsed, Tools(row, where));
    }

    static ChatMessage Message(JsonElement message, string where)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String) { throw Throw.NoRole(where); }
        var name = role.GetString() switch { "tool_response" => "tool", var other => other! };
        if (name is not ("system" or "user" or "assistant" or "tool" or "tool_call")) { throw Throw.UnknownRole(where, name); }
        message.TryGetProperty("content", out var content);
        var loss = message.TryGetProperty("loss", out var flag) ? Loss(flag, where) : null;
        return new ChatMessage(name, Content(content, name, where), loss);
    }

    static bool? Loss(JsonElement loss, string where) => loss.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        JsonValueKind.Number => loss.GetDouble() != 0,
        _ => throw Throw.NoLoss(where),
    };

    static string? Content(JsonElement content, string role, string where)
    {
        if (content.ValueKind == JsonValueKind.String) { return content.GetString(); }
        if (role is "tool" or "tool_call" && content.ValueKind != JsonValueKind.Undefined) { return JinjaJson.Dump(JinjaJsonValue.Of(content), where); }
        return content.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined when role == "assistant" => null,
            JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => Part(part, where))),
            _ => throw Throw.NoText(where),
        };
    }

    static string Part(JsonElement part, string where)
    {
        if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String) { throw Throw.NoText(where); }
        if (type.GetString() != "text") { throw Throw.NotText(where, type.GetString()!); }
        return part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : throw Throw.NoText(where);
    }

    static IReadOnlyList<JsonElement> Tools(JsonElement row, string where)
    {
        if (!row.TryGetProperty("tools", out var tools) || tools.ValueKind == JsonValueKind.Null) { return []; }
        var list = Json(tools, where);
        return list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(tool => Tool(Json(tool, where), where))] : [Tool(list, where)];
    }

    static JsonElement Tool(JsonElement tool, string where) => tool.ValueKind == JsonValueKind.Object ? tool : throw Throw.NoTool(where);

    /// <summary>JSON inside a string is taken out of it.</summary>
    static JsonElement Json(JsonElement element, string where)
    {
        if (element.ValueKind != JsonValueKind.String) { return element; }
        try
        {
            using var document = JsonDocument.Parse(element.GetString()!);
            return document.RootElement.Clone();
        }
        catch (JsonException error) { throw Throw.NotJson(where, error); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception NoMessages(string where) => Fault(where, "no list of messages");

        [DoesNotReturn]
        internal static Exception LateSystem(string where, int at) => Fault(where, $"a system message stands at {at + 1}, it may only be the first");

        [DoesNotReturn]
        internal static Exception NoRole(string where) => Fault(where, "no role");

        [DoesNotReturn]
        internal static Exception UnknownRole(string where, string role) => Fault(where, $"the role is '{(role.Length > 40 ? role[..40] : role)}', allowed are system, user, assistant, tool, tool_response and tool_call");

        [DoesNotReturn]
        internal static Exception NoLoss(string where) => Fault(where, "loss is neither true nor false");

        [DoesNotReturn]
        internal static Exception NoText(string where) => Fault(where, "the content is no text");

        [DoesNotReturn]
        internal static Exception NoTool(string where) => Fault(where, "a tool is no object");

        [DoesNotReturn]
        internal static Exception NotJson(string where, Exception inner) => throw new MalformedDataException("TPL-6.3", where, $"the tools are a string that is not JSON: {inner.Message}", inner);

        [DoesNotReturn]
        internal static Exception NotText(string where, string type) => throw new UnsupportedDataException("TPL-6.4", where, $"content of type '{type}'; text alone is handled");

        [DoesNotReturn]
        static Exception Fault(string where, string message) => throw new MalformedDataException("TPL-6.3", where, message);
    }
}
