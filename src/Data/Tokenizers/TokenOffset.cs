namespace Ckpt.Data.Tokenizers;

/// <summary>The part of a text that a token covers, in code points.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">The one behind the last; equal to the start where the token covers nothing.</param>
public readonly record struct TokenOffset(int Start, int End);
