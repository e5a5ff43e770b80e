using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>Splits at what matches a pattern.</summary>
sealed class SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    internal Pattern Pattern => pattern;

    /// <summary>Whether every match and every part between is a word.</summary>
    internal bool IsPlain => behavior is SplitBehavior.Isolated;

    public void Split(Piece piece, List<Piece> into) => Cutter.Cut(piece, pattern.Matches(piece.Span), behavior, invert, into);
}
