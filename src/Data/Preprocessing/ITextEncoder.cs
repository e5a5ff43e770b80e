namespace Ckpt.Data.Preprocessing;

/// <summary>Makes token ids of running text. May be called from several threads at once.</summary>
public interface ITextEncoder
{
    /// <summary>Ids of a text, with the special tokens that the tokenizer adds by itself.</summary>
    int[] Encode(string text);

    /// <summary>The id that ends a document, where the tokenizer has one.</summary>
    int? EndOfDocument { get; }

    /// <summary>The id that fills up, where the tokenizer has one.</summary>
    int? Padding { get; }

    /// <summary>Ids that there can be.</summary>
    int VocabularySize { get; }
}
