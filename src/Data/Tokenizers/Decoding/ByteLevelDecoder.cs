namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Makes text of tokens in the byte alphabet.</summary>
sealed class ByteLevelDecoder : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => new Stage(next);

    sealed class Stage(IDecoderStage next) : IDecoderStage
    {
        readonly Utf8Pieces _pieces = new();

        public void Push(string token)
        {
            var text = _pieces.Push(Tokenizers.Text.ByteAlphabet.Bytes(token));
            if (text.Length > 0) { next.Push(text); }
        }

        public void Flush()
        {
            var text = _pieces.Flush();
            if (text.Length > 0) { next.Push(text); }
            next.Flush();
        }
    }
}
