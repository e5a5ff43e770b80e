using Ckpt.Data.Tokenizers.Models;
using Ckpt.Data.Tokenizers.Processing;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Pipeline;

/// <summary>Encodes with any parts, stage by stage as the reference does, and keeps the places (TOK-4.2).</summary>
sealed class PlainEncoder(TokenizerParts parts)
{
    /// <summary>The tokens of a text, offsets in UTF-16 units of it.</summary>
    internal List<ModelToken> Encode(string text, bool specialAsText)
    {
        var tokens = new List<ModelToken>();
        foreach (var word in Words(text, specialAsText))
        {
            var source = word.Source;
            if (word.Id >= 0)
            {
                tokens.Add(new ModelToken(word.Id, word.Span.ToString(), source.StartOf(word.Start), source.EndOf(word.End - 1)));
                continue;
            }
            var first = tokens.Count;
            parts.Model.Tokenize(word.Span, tokens);
            for (var i = first; i < tokens.Count; i++)
            {
                var (start, end) = (word.Start + tokens[i].Start, word.Start + tokens[i].End);
                // Where the model covers nothing there is nothing to come from.
                tokens[i] = end > start ? tokens[i] with { Start = source.StartOf(start), End = source.EndOf(end - 1) } : tokens[i] with { Start = 0, End = 0 };
            }
        }
        return tokens;
    }

    /// <summary>Cuts a text into added tokens and words.</summary>
    List<Piece> Words(string text, bool specialAsText)
    {
        var raw = new List<Piece>();
        if (text.Length > 0) { parts.Added.SplitRaw(new Piece(AlignedText.Of(text, 0), 0, text.Length), specialAsText, raw); }
        var pieces = new List<Piece>();
        foreach (var piece in raw)
        {
            if (piece.Id >= 0) { pieces.Add(piece); continue; }
            var alone = piece.Alone();
            var normalized = parts.Normalizer?.Normalize(alone) ?? alone;
            parts.Added.SplitNormalized(new Piece(normalized, 0, normalized.Text.Length), specialAsText, pieces);
        }
        if (parts.PreTokenizer is null) { return pieces; }
        var words = new List<Piece>();
        foreach (var piece in pieces)
        {
            if (piece.Id >= 0) { words.Add(piece); }
            else { parts.PreTokenizer.Split(piece, words); }
        }
        return words;
    }

    /// <summary>Offsets in code points, trimmed where the post-processor trims.</summary>
    internal TokenOffset[] Offsets(string text, IReadOnlyList<ModelToken> tokens)
    {
        int[]? pairs = null; // how many low surrogates stand before each unit
        if (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            pairs = new int[text.Length + 1];
            for (var i = 0; i < text.Length; i++) { pairs[i + 1] = pairs[i] + (char.IsLowSurrogate(text[i]) ? 1 : 0); }
        }
        var offsets = new TokenOffset[tokens.Count];
        for (var i = 0; i < offsets.Length; i++)
        {
            var (start, end) = (tokens[i].Start, tokens[i].End);
            offsets[i] = pairs is null ? new TokenOffset(start, end) : new TokenOffset(start - pairs[start], end - pairs[end]);
            if (parts.PostProcessor.Trims is { } keepsFirstSpace) { offsets[i] = OffsetTrimmer.Trim(tokens[i].Text, offsets[i], i == 0, keepsFirstSpace); }
        }
        return offsets;
    }
}
