using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>Splits a piece into words, which no token crosses. Immutable.</summary>
interface IPreTokenizer
{
    void Split(Piece piece, List<Piece> into);
}
