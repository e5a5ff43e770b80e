using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Byte pair encoding over characters, the way the reference does it (tokenizers, models/bpe; TOK-2).</summary>
sealed class BpeModel : ITokenModel
{
    readonly BpeOptions _options;
    readonly int _unknown;
    readonly int[] _bytes;
    readonly string _where;

    internal BpeModel(ModelVocabulary vocabulary, MergeTable merges, BpeOptions options, string where)
    {
        Vocabulary = vocabulary;
        Merges = merges;
        _options = options;
        _where = where;
        _unknown = options.UnknownToken is null ? -1 : vocabulary.Id(options.UnknownToken);
        _bytes = options.ByteFallback ? BytePieces.Ids(vocabulary) : [];
    }

    public ModelVocabulary Vocabulary { get; }

    internal MergeTable Merges { get; }

    internal BpeOptions Options => _options;

    public void Tokenize(ReadOnlySpan<char> word, List<ModelToken> into)
    {
        if (word.IsEmpty) { return; }
        if (_options.IgnoreMerges && Vocabulary.Id(word) is >= 0 and var whole)
        {
            into.Add(new ModelToken(whole, word.ToString(), 0, word.Length));
            return;
        }
        // A character has up to three bytes a unit, each of which may be a symbol; one unknown may be pending besides.
        var symbols = ArrayPool<int>.Shared.Rent(2 * ((3 * word.Length) + 1));
        var half = symbols.Length / 2;
        var count = Symbols(word, symbols.AsSpan(0, half), symbols.AsSpan(half, half));
        count = BpeMerger.Merge(Merges, symbols.AsSpan(0, count), symbols.AsSpan(half, count));
        var places = new Utf8Places(word);
        for (var i = 0; i < count; i++)
        {
            var (start, end) = places.Next(symbols[half + i]);
            into.Add(new ModelToken(symbols[i], Vocabulary.Token(symbols[i])!, start, end));
        }
        ArrayPool<int>.Shared.Return(symbols);
    }

    /// <summary>The symbols of a word before any merge, with their lengths in bytes.</summary>
    int Symbols(ReadOnlySpan<char> word, Span<int> ids, Span<int> lengths)
    {
        var (count, pending) = (0, 0); // pending: bytes of unknown characters not yet said
        for (var at = 0; at < word.Length;)
        {
            var codePoint = CodePoints.At(word, at, out var units);
            var bytes = CodePoints.Utf8Length(codePoint);
            var id = Find(word.Slice(at, units), at == 0, at + units == word.Length);
            if (id >= 0)
            {
                if (pending > 0) { (ids[count], lengths[count++], pending) = (_unknown, pending, 0); }
                (ids[count], lengths[count++]) = (id, bytes);
            }
            else if (_options.ByteFallback && AllBytes(word.Slice(at, units), ids[count..]))
            {
                lengths.Slice(count, bytes).Fill(1);
                count += bytes;
            }
            else if (_options.UnknownToken is not null)
            {
                if (_unknown < 0) { Throw.NoUnknown(_where, _options.UnknownToken); }
                if (pending > 0 && !_options.FuseUnknown) { (ids[count], lengths[count++], pending) = (_unknown, pending, 0); }
                pending += bytes;
            }
            at += units;
        }
        if (pending > 0) { (ids[count], lengths[count++]) = (_unknown, pending); }
        return count;
    }

    int Find(ReadOnlySpan<char> character, bool first, bool last)
    {
        var prefix = first ? "" : _options.Prefix;
        var suffix = last ? _options.Suffix : "";
        return prefix.Length + suffix.Length == 0 ? Vocabulary.Id(character) : Vocabulary.Id($"{prefix}{character}{suffix}");
    }

    bool AllBytes(ReadOnlySpan<char> character, Span<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var length = Encoding.UTF8.GetBytes(character, utf8);
        for (var i = 0; i < length; i++)
        {
            if ((ids[i] = _bytes[utf8[i]]) < 0) { return false; }
        }
        return true;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoUnknown(string where, string token) => throw new MalformedDataException(
            "TOK-2.5", where, $"a character is not in the vocabulary, and neither is the token for it, {Quoted.Text(token)}");
    }
}
