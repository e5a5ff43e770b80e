using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>Puts rows of any recognised shape into the one form.</summary>
public sealed class RowNormaliser(DatasetShape shape)
{
    readonly ColumnMap _map = shape.Map;

    /// <summary>A row's example, or null where question or answer is empty: such rows are left out and counted (DAT-3.5).</summary>
    /// <exception cref="MalformedDataException">The row is not of the shape; the message says file and line.</exception>
    public DatasetExample? Normalise(JsonObject row, string where)
    {
        switch (shape.Style)
        {
            case DatasetStyle.Text:
                var text = RowFields.Text(row, _map.Text, where);
                return text.Length == 0 ? null : new DatasetExample { Messages = [new ChatMessage("assistant", text)], IsText = true, Where = where };
            case DatasetStyle.Messages: return OfMessages(row, where);
            default: return OfColumns(row, where);
        }
    }

    DatasetExample? OfMessages(JsonObject row, string where)
    {
        var messages = ChatMessages.Read(row[_map.Messages!], _map, where);
        if (_map.Chosen is { } chosen && row[chosen] is { } answer) { messages.AddRange(Answer(answer, where)); }
        AddSystem(messages, row, where);
        var rejected = _map.Rejected is { } column && row[column] is { } node ? Rejected(messages, node, where) : null;
        if (messages.Count == 0 || messages.TrueForAll(m => m.Role == "system")) { return null; }
        return Finish(row, messages, rejected, where);
    }

    DatasetExample? OfColumns(JsonObject row, string where)
    {
        var question = RowFields.Text(row, _map.Query, where);
        var input = RowFields.Text(row, _map.Input, where);
        if (input.Length > 0) { question = question.Length == 0 ? input : $"{question}\n{input}"; }

        var messages = new List<ChatMessage>();
        foreach (var (asked, answered) in RowFields.History(row, _map.History, where))
        {
            messages.Add(new ChatMessage("user", asked));
            messages.Add(new ChatMessage("assistant", answered));
        }
        messages.Add(new ChatMessage("user", question));
        var answer = row[_map.Response ?? _map.Chosen!] is { } node ? Answer(node, where) : [];
        AddSystem(messages, row, where);
        if (question.Length == 0 || answer.TrueForAll(m => m.Content.Length == 0)) { return null; }
        messages.AddRange(answer);
        var rejected = _map.Rejected is { } column && row[column] is { } other ? Rejected(messages, other, where) : null;
        return Finish(row, messages, rejected, where);
    }

    DatasetExample Finish(JsonObject row, List<ChatMessage> messages, IReadOnlyList<ChatMessage>? rejected, string where) => new()
    {
        Messages = messages,
        Rejected = rejected,
        Label = _map.Label is { } label && row[label] is JsonValue value ? value.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new MalformedDataException("DAT-3.4", where, $"the label '{label}' is no truth value"),
        } : null,
        Tools = RowFields.Tools(row, _map.Tools, where),
        Margin = row["margin"] is JsonValue margin && margin.GetValueKind() == JsonValueKind.Number ? RowFields.Number(margin) : null,
        Where = where,
    };

    void AddSystem(List<ChatMessage> messages, JsonObject row, string where)
    {
        // A system turn of the conversation itself says more than the column beside it.
        if (messages.Count > 0 && messages[0].Role == "system") { return; }
        var system = RowFields.Text(row, _map.System, where);
        if (system.Length > 0) { messages.Insert(0, new ChatMessage("system", system)); }
    }

    List<ChatMessage> Answer(JsonNode node, string where) => node switch
    {
        JsonObject turn => ChatMessages.Read(new JsonArray(turn.DeepClone()), _map, where),
        JsonArray { Count: > 0 } list when list[0] is JsonObject => ChatMessages.Read(node, _map, where),
        JsonArray list => [.. list.Take(1).Select(first => new ChatMessage("assistant", RowFields.TextOf(first, "the answer", where)))],
        _ => [new ChatMessage("assistant", RowFields.TextOf(node, "the answer", where))],
    };

    /// <summary>The conversation with the other answer: a whole one of its own, or the chosen one up to its last answer.</summary>
    List<ChatMessage>? Rejected(List<ChatMessage> chosen, JsonNode node, string where)
    {
        var other = Answer(node, where);
        if (other.Count == 0) { return null; }
        if (other.Exists(m => m.Role == "user")) { return other; }
        var last = chosen.FindLastIndex(m => m.Role == "user" || m.Role == "tool_response");
        return [.. chosen.Take(last + 1), .. other];
    }
}
