using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Ckpt.Data.Tokenizers.Models;
using Ckpt.Data.Tokenizers.Normalizing;
using Ckpt.Data.Tokenizers.Splitting;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Pipeline;

/// <summary>
/// The fast way for byte-level BPE, ids only: words go from UTF-16 to bytes to ids without the byte alphabet, and short words are
/// remembered. <see cref="PlainEncoder"/> is its oracle. Figures: bench/results/tokenizers.md.
/// </summary>
sealed class ByteLevelEncoder
{
    const int OnStack = 256;

    readonly TokenizerParts _parts;
    readonly BpeModel _model;
    readonly bool _composes;
    readonly SplitPreTokenizer[] _splits;
    readonly WordRule _rule;
    readonly int[] _symbols;
    readonly ConcurrentBag<WordCache> _caches = [];

    ByteLevelEncoder(TokenizerParts parts, BpeModel model, bool composes, SplitPreTokenizer[] splits, WordRule rule, int[] symbols)
    {
        _parts = parts;
        _model = model;
        _composes = composes;
        _splits = splits;
        _rule = rule;
        _symbols = symbols;
    }

    /// <summary>The encoder of a tokenizer, or null where it is no plain byte-level BPE.</summary>
    internal static ByteLevelEncoder? For(TokenizerParts parts)
    {
        if (parts.Model is not BpeModel { Options: { Prefix: "", Suffix: "", ByteFallback: false } } model) { return null; }
        var symbols = ByteAlphabet.Chars.ToArray().Select(c => model.Vocabulary.Id([c])).ToArray();
        if (symbols.Contains(-1)) { return null; }
        var normalizers = parts.Normalizer is NormalizerSequence sequence ? sequence.Parts : parts.Normalizer is null ? [] : [parts.Normalizer];
        if (normalizers.Any(n => n is not UnicodeFormNormalizer { Form: { Composes: true, Compatibility: false } })) { return null; }
        var stages = parts.PreTokenizer is PreTokenizerSequence list ? list.Parts : parts.PreTokenizer is null ? [] : [parts.PreTokenizer];
        if (stages.Count == 0 || stages[^1] is not ByteLevelPreTokenizer { AddPrefixSpace: false } last) { return null; }
        var splits = stages.SkipLast(1).OfType<SplitPreTokenizer>().ToArray();
        if (splits.Length != stages.Count - 1 || last.Splits && splits.Length > 0) { return null; }
        var rule = last.Splits ? WordRule.Gpt2 : splits is [{ IsPlain: true } only] ? WordScanner.RuleOf(only.Pattern.Source) : WordRule.None;
        return new ByteLevelEncoder(parts, model, normalizers.Count > 0, splits, rule, symbols);
    }

    internal void Encode(string text, bool specialAsText, List<int> into)
    {
        if (!_caches.TryTake(out var cache)) { cache = new WordCache(); }
        var pieces = new List<Piece>();
        _parts.Added.SplitRaw(new Piece(AlignedText.Of(text, 0), 0, text.Length), specialAsText, pieces);
        var parts = new List<Piece>();
        foreach (var piece in pieces)
        {
            if (piece.Id >= 0) { into.Add(piece.Id); continue; }
            var normalized = _composes && !UnicodeNormalizer.IsComposed(piece.Span) ? Compose(piece) : piece;
            if (!_parts.Added.HasNormalized) { Split(normalized, cache, into); continue; }
            parts.Clear();
            _parts.Added.SplitNormalized(normalized, specialAsText, parts);
            foreach (var part in parts)
            {
                if (part.Id >= 0) { into.Add(part.Id); }
                else { Split(part, cache, into); }
            }
        }
        _caches.Add(cache);
    }

    static Piece Compose(Piece piece)
    {
        var text = UnicodeNormalizer.Composed(piece.Span);
        return new Piece(AlignedText.Of(text, 0), 0, text.Length);
    }

    void Split(Piece piece, WordCache cache, List<int> into)
    {
        var text = piece.Source.Text.AsSpan(0, piece.End);
        if (_rule is not WordRule.None)
        {
            for (var start = piece.Start; start < text.Length;)
            {
                var end = WordScanner.Next(_rule, text, start);
                Word(text, start, end, cache, into);
                start = end;
            }
            return;
        }
        var words = new List<Piece> { piece };
        foreach (var split in _splits)
        {
            var next = new List<Piece>(words.Count);
            foreach (var word in words) { split.Split(word, next); }
            words = next;
        }
        foreach (var word in words) { Word(text, word.Start, word.End, cache, into); }
    }

    void Word(ReadOnlySpan<char> text, int start, int end, WordCache cache, List<int> into)
    {
        var length = end - start;
        if (length > WordCache.LongestWord) { Merge(text[start..end], into); return; }
        var key = WordCache.Key(text, start, length);
        if (cache.TryTake(key, length, into, out var place)) { return; }
        var before = into.Count;
        Merge(text[start..end], into);
        cache.Put(place, key, length, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(into)[before..]);
    }

    void Merge(ReadOnlySpan<char> word, List<int> into)
    {
        var most = 3 * word.Length;
        var rented = most > OnStack ? ArrayPool<byte>.Shared.Rent(most) : null;
        var utf8 = rented ?? stackalloc byte[OnStack];
        utf8 = utf8[..Encoding.UTF8.GetBytes(word, utf8)];
        if (!_model.Options.IgnoreMerges || !Whole(utf8, into)) { Merge(utf8, into); }
        if (rented is not null) { ArrayPool<byte>.Shared.Return(rented); }
    }

    bool Whole(ReadOnlySpan<byte> utf8, List<int> into)
    {
        if (utf8.Length > OnStack) { return WholeOfLong(utf8, into); }
        Span<char> spelled = stackalloc char[utf8.Length];
        return Whole(utf8, spelled, into);
    }

    bool WholeOfLong(ReadOnlySpan<byte> utf8, List<int> into) => Whole(utf8, new char[utf8.Length], into);

    bool Whole(ReadOnlySpan<byte> utf8, Span<char> spelled, List<int> into)
    {
        var alphabet = ByteAlphabet.Chars;
        for (var i = 0; i < utf8.Length; i++) { spelled[i] = alphabet[utf8[i]]; }
        var id = _model.Vocabulary.Id(spelled);
        if (id < 0) { return false; }
        into.Add(id);
        return true;
    }

    void Merge(ReadOnlySpan<byte> utf8, List<int> into)
    {
        var rented = utf8.Length > OnStack ? ArrayPool<int>.Shared.Rent(2 * utf8.Length) : null;
        var buffer = rented ?? stackalloc int[2 * OnStack];
        var ids = buffer[..utf8.Length];
        var lengths = buffer.Slice(utf8.Length, utf8.Length);
        for (var i = 0; i < utf8.Length; i++) { ids[i] = _symbols[utf8[i]]; }
        lengths.Fill(1);
        into.AddRange(ids[..BpeMerger.Merge(_model.Merges, ids, lengths)]);
        if (rented is not null) { ArrayPool<int>.Shared.Return(rented); }
    }
}
