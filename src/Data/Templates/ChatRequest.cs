using System.Text.Json;

namespace Ckpt.Data.Templates;

/// <summary>A conversation to be rendered, and what the template may know beside it.</summary>
/// <param name="Messages">A list of messages, as JSON.</param>
/// <param name="Now">The time that <c>strftime_now</c> tells.</param>
public sealed record ChatRequest(JsonElement Messages, DateTime Now)
{
    /// <summary>A list of tools, as JSON; none is <c>none</c> to the template.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>A list of documents, as JSON; none is <c>none</c> to the template.</summary>
    public JsonElement? Documents { get; init; }

    /// <summary>Whether the template shall open the assistant's answer.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>The field of the last message whose text stays open at the end, <c>content</c> as a rule; null to close it.</summary>
    public string? ContinueFinalMessage { get; init; }

    /// <summary>Special tokens (<c>bos_token</c>) and arguments of the template's own (<c>enable_thinking</c>).</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();
}
