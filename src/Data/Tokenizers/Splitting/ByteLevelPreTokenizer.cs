using Ckpt.Data.Tokenizers.Patterns;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>Splits as GPT-2 does, if asked to, and spells the bytes in the byte alphabet.</summary>
sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool splits) : IPreTokenizer
{
    internal const string Regex = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    static readonly Pattern s_pattern = Pattern.OfRegex(Regex, "ByteLevel");

    internal bool AddPrefixSpace => addPrefixSpace;

    internal bool Splits => splits;

    public void Split(Piece piece, List<Piece> into)
    {
        var text = piece.Alone();
        if (addPrefixSpace && !text.Text.StartsWith(' ')) { text = text.Prepend(" "); }
        var words = new List<Piece>();
        var whole = new Piece(text, 0, text.Text.Length);
        if (splits) { Cutter.Cut(whole, s_pattern.Matches(text.Text), SplitBehavior.Isolated, false, words); }
        else { words.Add(whole); }
        foreach (var word in words)
        {
            var spelled = ByteAlphabet.Spell(word.Alone());
            into.Add(new Piece(spelled, 0, spelled.Text.Length));
        }
    }
}
