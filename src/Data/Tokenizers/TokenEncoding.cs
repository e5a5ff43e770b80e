namespace Ckpt.Data.Tokenizers;

/// <summary>A text as tokens: three lists of one length.</summary>
/// <param name="Ids">The ids.</param>
/// <param name="Tokens">The tokens as the vocabulary writes them; of an added or unknown token, the text it covers.</param>
/// <param name="Offsets">The parts of the text they cover.</param>
public sealed record TokenEncoding(IReadOnlyList<int> Ids, IReadOnlyList<string> Tokens, IReadOnlyList<TokenOffset> Offsets);
