using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>Writes spaces as a mark, puts one in front, and splits before each.</summary>
sealed class MetaspacePreTokenizer(MetaspaceOptions options) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> into)
    {
        var text = piece.Alone();
        text = options.Replacement.Length == 1 ? text.With(text.Text.Replace(' ', options.Replacement[0])) : text.Replace(Pattern.OfText(" ").Matches(text.Text), options.Replacement);
        var prepends = options.Prepend is PrependScheme.Always || options.Prepend is PrependScheme.First && text.StartOf(0) == 0;
        if (prepends && !text.Text.StartsWith(options.Replacement, StringComparison.Ordinal)) { text = text.Prepend(options.Replacement); }
        var whole = new Piece(text, 0, text.Text.Length);
        if (options.Splits) { Cutter.Cut(whole, Pattern.OfText(options.Replacement).Matches(text.Text), SplitBehavior.MergedWithNext, false, into); }
        else { into.Add(whole); }
    }
}
