using System.Text;
using Ckpt.Data.Tokenizers.Models;
using Ckpt.Data.Tokenizers.Patterns;

namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>One after the other.</summary>
sealed class DecoderSequence(IReadOnlyList<IDecoder> parts) : IDecoder
{
    public IDecoderStage Start(IDecoderStage next)
    {
        for (var i = parts.Count - 1; i >= 0; i--) { next = parts[i].Start(next); }
        return next;
    }
}

/// <summary>Changes every token by itself; told whether it is the first.</summary>
sealed class MapDecoder(Func<string, bool, string> map) : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => new Stage(map, next);

    /// <summary>Replaces what matches.</summary>
    internal static MapDecoder Replace(Pattern pattern, string content) => new((token, _) => Replaced(token, pattern, content));

    /// <summary>Writes marks as spaces, and leaves out those of the first token where one is put in front.</summary>
    internal static MapDecoder Metaspace(MetaspaceOptions options) => new((token, first) =>
        token.Replace(options.Replacement, first && options.Prepend is not PrependScheme.Never ? "" : " ", StringComparison.Ordinal));

    static string Replaced(string token, Pattern pattern, string content)
    {
        if (!pattern.IsRegex) { return pattern.Source.Length == 0 ? token : token.Replace(pattern.Source, content, StringComparison.Ordinal); }
        var text = new StringBuilder();
        var at = 0;
        foreach (var (start, end) in pattern.Matches(token))
        {
            text.Append(token, at, start - at).Append(content);
            at = end;
        }
        return text.Append(token, at, token.Length - at).ToString();
    }

    sealed class Stage(Func<string, bool, string> map, IDecoderStage next) : IDecoderStage
    {
        bool _later;

        public void Push(string token)
        {
            next.Push(map(token, !_later));
            _later = true;
        }

        public void Flush() => next.Flush();
    }
}

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

/// <summary>Makes one token of all; as nothing but the ends matters after it, it only marks where they are.</summary>
sealed class FuseDecoder : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => next;
}

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

/// <summary>Puts tokens together with spaces between: what is done where there is no decoder.</summary>
sealed class SpacedDecoder : IDecoder
{
    public IDecoderStage Start(IDecoderStage next) => new MapDecoder(static (token, first) => first ? token : " " + token).Start(next);
}
