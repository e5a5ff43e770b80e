using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>Reads a list of turns.</summary>
static class ChatMessages
{
    /// <summary>The turns of a list; empty where it is null.</summary>
    /// <exception cref="MalformedDataException">It is no list of turns with known roles (DAT-3.3).</exception>
    internal static List<ChatMessage> Read(JsonNode? node, ColumnMap map, string where)
    {
        if (node is null) { return []; }
        if (node is not JsonArray list) { throw new MalformedDataException("DAT-3.3", where, "the conversation is no list of turns"); }
        var turns = new List<ChatMessage>(list.Count);
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is not JsonObject turn) { throw new MalformedDataException("DAT-3.3", where, $"turn {i} is no object"); }
            // SWIFT's older form: a pair of what was said by each side.
            if (turn.Count == 2 && turn["human"] is JsonValue human && turn["assistant"] is JsonValue assistant && !turn.ContainsKey(map.RoleTag))
            {
                turns.Add(new ChatMessage("user", RowFields.TextOf(human, $"turn {i}", where)));
                turns.Add(new ChatMessage("assistant", RowFields.TextOf(assistant, $"turn {i}", where)));
                continue;
            }
            turns.Add(Turn(turn, i, map, where));
        }
        return turns;
    }

    static ChatMessage Turn(JsonObject turn, int index, ColumnMap map, string where)
    {
        var role = RowFields.TextOf(turn[map.RoleTag], $"the role of turn {index}", where);
        if (!map.Roles.TryGetValue(role, out var known) && !map.Roles.TryGetValue(role.ToLowerInvariant(), out known))
        {
            throw new MalformedDataException("DAT-3.3", where, $"turn {index} has the role '{(role.Length > 40 ? role[..40] + "…" : role)}'; known are {string.Join(", ", map.Roles.Keys.Order(StringComparer.Ordinal))}");
        }
        return new ChatMessage(known, RowFields.TextOf(turn[map.ContentTag], $"turn {index}", where))
        {
            Loss = turn["loss"] is JsonValue loss && loss.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? turn["loss"]!.GetValue<bool>() : null,
            LossScale = turn["loss_scale"] is JsonValue scale && scale.GetValueKind() == JsonValueKind.Number ? RowFields.Number(scale) : null,
            Reasoning = turn["reasoning_content"] is JsonValue thought && thought.GetValueKind() == JsonValueKind.String ? thought.GetValue<string>() : null,
            ToolCalls = turn["tool_calls"] as JsonArray is { Count: > 0 } calls ? (JsonArray)calls.DeepClone() : null,
        };
    }
}
