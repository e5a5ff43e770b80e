namespace Ckpt.Cli.Infer;

/// <summary>What a model answered.</summary>
/// <param name="Text">The answer.</param>
/// <param name="PromptTokens">Tokens it was asked with.</param>
/// <param name="NewTokens">Tokens it made, the one that ended it included.</param>
/// <param name="HasStopped">Whether it came to its end, and not to the tokens allowed.</param>
readonly record struct Answer(string Text, int PromptTokens, int NewTokens, bool HasStopped);
