using Ckpt.Data.Datasets;

namespace Ckpt.Data.Preprocessing;

/// <summary>Conversations of handlers go to and fro: asked, answered, asked, answered.</summary>
static class Alternation
{
    /// <summary>Refuses one that does not (DAT-6.2).</summary>
    internal static void Check(IReadOnlyList<ChatMessage> messages, string where)
    {
        var first = messages.Count > 0 && messages[0].Role == "system" ? 1 : 0;
        for (var i = first; i < messages.Count; i++)
        {
            var asks = messages[i].Role is "user" or "tool_response";
            if (asks != ((i - first) % 2 == 0) || messages[i].Role == "system")
            {
                throw new MalformedDataException("DAT-6.2", where, $"turn {i} is of the {messages[i].Role}; wanted is {((i - first) % 2 == 0 ? "user or tool_response" : "assistant or tool_call")}");
            }
        }
        if ((messages.Count - first) % 2 != 0 || messages.Count == first) { throw new MalformedDataException("DAT-6.2", where, $"{messages.Count - first} turns: the last is not an answer"); }
    }
}
