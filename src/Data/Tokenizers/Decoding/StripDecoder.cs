namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Takes a character off the ends of every token, or of the whole text behind a Fuse.</summary>
sealed class StripDecoder(char content, int start, int stop, bool fused) : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => fused ? new Stage(content, start, stop, next) : new MapDecoder((token, _) => Strip(token)).Start(next);

    string Strip(string token)
    {
        var first = 0;
        while (first < start && first < token.Length && token[first] == content) { first++; }
        var last = token.Length;
        while (token.Length - last < stop && last > first && token[last - 1] == content) { last--; }
        return token[first..last];
    }

    sealed class Stage(char content, int start, int stop, IDecoderStage next) : IDecoderStage
    {
        int _toTake = start;
        int _held; // trailing characters that may be taken off still, beyond those taken

        public void Push(string token)
        {
            var at = 0;
            for (; _toTake > 0 && at < token.Length; at++, _toTake--)
            {
                if (token[at] != content) { _toTake = 0; break; }
            }
            var rest = token[at..];
            var kept = rest.TrimEnd(content);
            if (stop == 0) { if (rest.Length > 0) { next.Push(rest); } return; }
            if (kept.Length > 0)
            {
                next.Push(new string(content, _held) + kept);
                _held = 0;
            }
            _held += rest.Length - kept.Length;
        }

        public void Flush()
        {
            if (_held > stop) { next.Push(new string(content, _held - stop)); }
            next.Flush();
        }
    }
}
