using System.Text.Json.Nodes;

namespace Ckpt.Cli.Infer;

/// <summary>A row of a data set that asks.</summary>
/// <param name="Row">The conversation up to the answer: <c>messages</c>, and perhaps <c>tools</c>.</param>
/// <param name="Label">The answer that the row has; null where it has none.</param>
sealed record Question(JsonObject Row, string? Label)
{
    /// <summary>What is asked last.</summary>
    internal string Last => (string?)Row["messages"]!.AsArray()[^1]!["content"] ?? "";

    /// <summary>The result as ms-swift writes it (INF-6.5).</summary>
    internal JsonObject Result(string response)
    {
        var row = (JsonObject)Row.DeepClone();
        var messages = (JsonArray)row["messages"]!.DeepClone();
        messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = response });
        var result = new JsonObject { ["response"] = response, ["labels"] = Label, ["logprobs"] = null, ["messages"] = messages };
        foreach (var (name, value) in row)
        {
            if (name != "messages") { result[name] = value?.DeepClone(); }
        }
        return result;
    }
}
