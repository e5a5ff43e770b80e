namespace Ckpt.Data.Tokenizers.Models;

/// <summary>What a model made of a part of a word.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">The token as it is shown.</param>
/// <param name="Start">The first unit of the word it covers.</param>
/// <param name="End">The unit behind the last.</param>
readonly record struct ModelToken(int Id, string Text, int Start, int End);
