namespace Ckpt.Data.Templates;

/// <summary>A conversation as text.</summary>
/// <param name="Text">What the tokenizer gets, with special tokens spelled out.</param>
/// <param name="Generations">What stands inside <c>{% generation %}</c> blocks, in order.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<GenerationRange> Generations);
