using Ckpt.Data.Tokenizers.Decoding;
using Ckpt.Data.Tokenizers.Models;
using Ckpt.Data.Tokenizers.Normalizing;
using Ckpt.Data.Tokenizers.Processing;
using Ckpt.Data.Tokenizers.Splitting;

namespace Ckpt.Data.Tokenizers;

/// <summary>The stages of a tokenizer, in the order in which text goes through them.</summary>
sealed record TokenizerParts(AddedVocabulary Added, INormalizer? Normalizer, IPreTokenizer? PreTokenizer, ITokenModel Model, PostProcessor PostProcessor, IDecoder Decoder);
