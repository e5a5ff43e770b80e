using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>Keeps runs of word characters and runs of what is neither those nor white space: the classes are those of UTS 18, not Oniguruma's.</summary>
sealed class WhitespacePreTokenizer : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> into)
    {
        var text = piece.Span;
        for (var at = 0; at < text.Length;)
        {
            var start = at;
            var kind = Kind(CodePoints.At(text, at, out var length));
            do { at += length; } while (at < text.Length && Kind(CodePoints.At(text, at, out length)) == kind);
            if (kind != 0) { into.Add(new Piece(piece.Source, piece.Start + start, piece.Start + at)); }
        }
    }

    static int Kind(int codePoint) => CodePoints.IsWhiteSpace(codePoint) ? 0 : CodePoints.IsWord(codePoint) ? 1 : 2;
}
