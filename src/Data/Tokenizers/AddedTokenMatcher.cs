using System.Buffers;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers;

/// <summary>Finds added tokens in a text: from left to right the leftmost, of those the longest (TOK-6.1).</summary>
sealed class AddedTokenMatcher
{
    readonly CharTrie _trie = new();
    readonly SearchValues<char> _firsts;
    readonly List<AddedToken> _tokens = [];

    /// <summary>Looks for tokens, each under the text it is found by.</summary>
    internal AddedTokenMatcher(IEnumerable<(AddedToken Token, string Text)> tokens)
    {
        var firsts = new HashSet<char>();
        foreach (var (token, text) in tokens)
        {
            // Of two tokens that look the same, the first is found.
            if (text.Length == 0 || !firsts.Add(text[0]) && Find(text, 0, out var length) is not null && length == text.Length) { continue; }
            _trie.Add(text, _tokens.Count);
            _tokens.Add(token);
        }
        _firsts = SearchValues.Create([.. firsts]);
    }

    internal bool IsEmpty => _tokens.Count == 0;

    /// <summary>Splits a piece into added tokens and what lies between.</summary>
    internal void Split(Piece piece, bool specialAsText, List<Piece> into)
    {
        var text = piece.Span;
        var done = 0;
        for (var at = 0; at < text.Length;)
        {
            var next = text[at..].IndexOfAny(_firsts);
            if (next < 0) { break; }
            at += next;
            if (Find(text, at, out var length) is not { } token) { at++; continue; }
            var (start, end) = (at, at + length);
            at = end;
            if (specialAsText && token.Special || token.SingleWord && !StandsAlone(text, start, end)) { continue; }
            if (token.StripsLeft)
            {
                while (start > done && char.IsWhiteSpace(text[start - 1])) { start--; }
            }
            if (token.StripsRight)
            {
                while (end < text.Length && char.IsWhiteSpace(text[end])) { end++; }
            }
            if (done < start) { into.Add(new Piece(piece.Source, piece.Start + done, piece.Start + start)); }
            into.Add(new Piece(piece.Source, piece.Start + start, piece.Start + end, token.Id));
            done = end;
        }
        if (done < text.Length) { into.Add(new Piece(piece.Source, piece.Start + done, piece.End)); }
    }

    AddedToken? Find(ReadOnlySpan<char> text, int at, out int length)
    {
        AddedToken? found = null;
        length = 0;
        var node = CharTrie.Root;
        for (var i = at; i < text.Length && (node = _trie.Step(node, text[i])) >= 0; i++)
        {
            if (_trie.Value(node) is >= 0 and var index) { (found, length) = (_tokens[index], i + 1 - at); }
        }
        return found;
    }

    static bool StandsAlone(ReadOnlySpan<char> text, int start, int end) =>
        (start == 0 || !CodePoints.IsWord(CodePoints.Before(text, start, out _)))
        && (end == text.Length || !CodePoints.IsWord(CodePoints.At(text, end, out _)));
}
