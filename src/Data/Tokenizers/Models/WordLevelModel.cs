using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Looks whole words up (TOK-3.5).</summary>
sealed class WordLevelModel(ModelVocabulary vocabulary, string unknown, string where) : ITokenModel
{
    public ModelVocabulary Vocabulary => vocabulary;

    public void Tokenize(ReadOnlySpan<char> word, List<ModelToken> into)
    {
        if (word.IsEmpty) { return; }
        var id = vocabulary.Id(word);
        if (id >= 0) { into.Add(new ModelToken(id, word.ToString(), 0, word.Length)); return; }
        id = vocabulary.Id(unknown);
        if (id < 0) { Throw.NoUnknown(where, unknown); }
        into.Add(new ModelToken(id, unknown, 0, word.Length));
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoUnknown(string where, string token) => throw new MalformedDataException(
            "TOK-3.5", where, $"a word is not in the vocabulary, and neither is the token for it, {Quoted.Text(token)}");
    }
}
