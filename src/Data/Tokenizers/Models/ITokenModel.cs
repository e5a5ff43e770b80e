namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Makes tokens of the words that the stages before it left. Immutable.</summary>
interface ITokenModel
{
    ModelVocabulary Vocabulary { get; }

    /// <summary>Adds the tokens of a word.</summary>
    void Tokenize(ReadOnlySpan<char> word, List<ModelToken> into);
}
