using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>One turn of a conversation, under the roles of Megatron-SWIFT: system, user, assistant, tool_call, tool_response.</summary>
public sealed record ChatMessage(string Role, string Content)
{
    /// <summary>Whether the turn is learned, where the row says so itself.</summary>
    public bool? Loss { get; init; }

    /// <summary>The weight of its loss, where the row says so itself.</summary>
    public double? LossScale { get; init; }

    /// <summary>Thoughts that stand beside the content (OpenAI's <c>reasoning_content</c>).</summary>
    public string? Reasoning { get; init; }

    /// <summary>Calls that stand beside the content (OpenAI's <c>tool_calls</c>), as they were.</summary>
    public JsonArray? ToolCalls { get; init; }
}
