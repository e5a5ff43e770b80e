using System.Text;
using Ckpt.Data.Tokenizers.Models;

namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Makes text of tokens that stand for bytes; a run of them that is no UTF-8 becomes a U+FFFD for each.</summary>
sealed class ByteFallbackDecoder : IDecoder
{
    static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    public IDecoderStage Start(IDecoderStage next) => new Stage(next);

    sealed class Stage(IDecoderStage next) : IDecoderStage
    {
        readonly List<byte> _run = [];

        public void Push(string token)
        {
            if (BytePieces.Value(token) is >= 0 and var value) { _run.Add((byte)value); return; }
            EndRun();
            next.Push(token);
        }

        public void Flush()
        {
            EndRun();
            next.Flush();
        }

        void EndRun()
        {
            if (_run.Count == 0) { return; }
            byte[] bytes = [.. _run];
            _run.Clear();
            if (System.Text.Unicode.Utf8.IsValid(bytes)) { next.Push(s_strict.GetString(bytes)); return; }
            for (var i = 0; i < bytes.Length; i++) { next.Push("\uFFFD"); }
        }
    }
}
