using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>One after the other, each on what the one before left.</summary>
sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> parts) : IPreTokenizer
{
    internal IReadOnlyList<IPreTokenizer> Parts => parts;

    public void Split(Piece piece, List<Piece> into)
    {
        var now = new List<Piece> { piece };
        foreach (var part in parts)
        {
            var next = new List<Piece>(now.Count);
            foreach (var one in now) { part.Split(one, next); }
            now = next;
        }
        into.AddRange(now);
    }
}
