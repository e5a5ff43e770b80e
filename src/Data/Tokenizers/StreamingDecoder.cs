using Ckpt.Data.Tokenizers.Decoding;

namespace Ckpt.Data.Tokenizers;

/// <summary>
/// Decodes ids as they come: what it gives, one after the other, is what <see cref="Tokenizer.Decode"/> gives of all, and never half a
/// character. For one thread.
/// </summary>
public sealed class StreamingDecoder
{
    readonly Tokenizer _tokenizer;
    readonly bool _skipSpecial;
    readonly IDecoderStage _first;
    readonly TextSink _sink;
    bool _ended;

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecial, IDecoderStage first, TextSink sink)
    {
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
        _first = first;
        _sink = sink;
    }

    /// <summary>Takes an id and gives the text that is complete with it; empty where more has to come first.</summary>
    public string Push(int id)
    {
        Add(id);
        return _sink.Take();
    }

    /// <summary>Gives what is left, with U+FFFD for what was begun and not ended; nothing can be pushed after.</summary>
    public string Flush()
    {
        if (!_ended) { _first.Flush(); }
        _ended = true;
        return _sink.Take();
    }

    internal void Add(int id)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_tokenizer.IdToToken(id) is { } token && !(_skipSpecial && _tokenizer.IsSpecial(id))) { _first.Push(token); }
    }
}
