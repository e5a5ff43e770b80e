namespace Ckpt.Data.Tokenizers;

/// <summary>What tokenizer_config.json says beside the tokenizer itself (TOK-9).</summary>
/// <param name="Special">The tokens named for a purpose.</param>
/// <param name="ChatTemplates">Chat templates by name; the one that is used without asking is "default".</param>
/// <param name="ModelMaxLength">The longest text of the model in tokens; null where none is said.</param>
public sealed record TokenizerConfig(SpecialTokens Special, IReadOnlyDictionary<string, string> ChatTemplates, long? ModelMaxLength);
