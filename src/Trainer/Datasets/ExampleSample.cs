using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Data.Templates.Named;
using ChatMessage = Ckpt.Data.Templates.Named.ChatMessage;

namespace Ckpt.Trainer.Datasets;

/// <summary>A row of a data set as a template takes it.</summary>
static class ExampleSample
{
    /// <summary>The conversation of an example.</summary>
    /// <exception cref="DataFormatException">Its weights or tools are not what a template can say.</exception>
    internal static ChatSample Of(DatasetExample example)
    {
        var messages = example.Messages.SelectMany(m => Turns(m, example.Where)).ToList();
        var system = messages.Count > 0 && messages[0].Role == "system" ? messages[0].Content : null;
        if (system is not null) { messages.RemoveAt(0); }
        return new ChatSample(system, messages, Tools(example));
    }

    static IEnumerable<ChatMessage> Turns(Data.Datasets.ChatMessage message, string where)
    {
        var loss = message.LossScale switch
        {
            null => message.Loss,
            0 => false,
            1 => true,
            var other => throw new UnsupportedDataException("TRL-3.4", where, $"a message has loss_scale {other}; 0 and 1 are handled for single messages, other weights by --loss_scale"),
        };
        var content = message.Reasoning is { Length: > 0 } thought ? $"<think>\n{thought}\n</think>\n\n{message.Content}" : message.Content;
        if (message.ToolCalls is null || content.Length > 0) { yield return new ChatMessage(message.Role == "tool_response" ? "tool" : message.Role, content, loss); }
        foreach (var call in message.ToolCalls ?? []) { yield return new ChatMessage("tool_call", Call(call, where), loss); }
    }

    /// <summary>A call as templates take it: name and arguments, taken out of OpenAI's wrapping.</summary>
    static string Call(JsonNode? call, string where)
    {
        if ((call?["function"] ?? call) is not JsonObject function || function["name"] is not JsonValue name)
        {
            throw new MalformedDataException("DAT-3.3", where, "a tool call has no name");
        }
        var arguments = function["arguments"];
        if (arguments is JsonValue text && text.GetValueKind() == JsonValueKind.String)
        {
            try { arguments = JsonNode.Parse(text.GetValue<string>()); }
            catch (JsonException) { arguments = text.DeepClone(); } // text that is no JSON stays text
        }
        return new JsonObject { ["name"] = name.DeepClone(), ["arguments"] = arguments?.DeepClone() }.ToJsonString(s_plain);
    }

    static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static IReadOnlyList<JsonElement> Tools(DatasetExample example)
    {
        if (example.Tools is null) { return []; }
        try
        {
            using var document = JsonDocument.Parse(example.Tools);
            var root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
        }
        catch (JsonException error) { throw new MalformedDataException("TPL-6.3", example.Where, $"the tools are a string that is not JSON: {error.Message}", error); }
    }
}
