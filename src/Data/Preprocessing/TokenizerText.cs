using Ckpt.Data.Tokenizers;

namespace Ckpt.Data.Preprocessing;

/// <summary>A tokenizer as preprocessing uses it for running text: with the tokens that it adds by itself.</summary>
sealed class TokenizerText(Tokenizer tokenizer) : ITextEncoder
{
    public int[] Encode(string text) => [.. tokenizer.EncodeIds(text, new EncodeOptions { AddSpecialTokens = true })];

    public int? EndOfDocument => tokenizer.EosId;

    // DAT-6.3: where a tokenizer has none, MindSpeed fills up with the token that ends a text.
    public int? Padding => tokenizer.PadId ?? tokenizer.EosId;

    public int VocabularySize => tokenizer.VocabSize;
}
