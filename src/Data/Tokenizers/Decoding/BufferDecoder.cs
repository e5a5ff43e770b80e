using System.Text;

namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Holds all text back until the end, for stages that have to see it whole.</summary>
sealed class BufferDecoder : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => new Stage(next);

    sealed class Stage(IDecoderStage next) : IDecoderStage
    {
        readonly StringBuilder _text = new();

        public void Push(string token) => _text.Append(token);

        public void Flush()
        {
            next.Push(_text.ToString());
            next.Flush();
        }
    }
}
