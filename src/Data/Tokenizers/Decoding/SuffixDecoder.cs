namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Puts words together from pieces marked at their ends (BPEDecoder) or their continuations (WordPiece).</summary>
sealed class SuffixDecoder(string suffix) : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => new Stage(suffix, next);

    sealed class Stage(string suffix, IDecoderStage next) : IDecoderStage
    {
        string? _last; // whether a token is the last one is known when the next comes

        public void Push(string token)
        {
            if (_last is not null) { next.Push(Of(_last, " ")); }
            _last = token;
        }

        public void Flush()
        {
            if (_last is not null) { next.Push(Of(_last, "")); }
            next.Flush();
        }

        string Of(string token, string replacement) => suffix.Length == 0 ? token : token.Replace(suffix, replacement, StringComparison.Ordinal);
    }
}
