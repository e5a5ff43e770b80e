using System.Text.Json;

namespace Ckpt.Data.Templates.Named;

/// <summary>A row of a data set in the standard form: messages with the system text taken out, and tools.</summary>
/// <param name="System">null for the template's own, empty for none.</param>
/// <param name="Messages">The turns, tool calls and results included.</param>
/// <param name="Tools">The tools that may be called, as JSON.</param>
public sealed record ChatSample(string? System, IReadOnlyList<ChatMessage> Messages, IReadOnlyList<JsonElement> Tools);
