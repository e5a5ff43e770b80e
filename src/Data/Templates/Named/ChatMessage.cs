namespace Ckpt.Data.Templates.Named;

/// <summary>A message of a sample.</summary>
/// <param name="Role">user, assistant, tool, or tool_call before calls are written out.</param>
/// <param name="Content">The text; null where the answer is yet to come.</param>
/// <param name="Loss">Whether the sample itself says if there is a loss on it.</param>
public sealed record ChatMessage(string Role, string? Content, bool? Loss = null);
