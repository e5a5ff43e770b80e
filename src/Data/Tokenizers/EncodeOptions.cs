namespace Ckpt.Data.Tokenizers;

/// <summary>How a text is encoded. The default adds nothing, finds special tokens and cuts nothing.</summary>
public readonly record struct EncodeOptions
{
    /// <summary>Whether the post-processor adds its tokens, such as one for the beginning.</summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>Whether the text of a special token is encoded like any other text: for text that nobody vouches for.</summary>
    public bool SpecialAsText { get; init; }

    /// <summary>The most tokens, with those that are added; null for no bound.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether truncation keeps the end of the text instead of its beginning.</summary>
    public bool TruncateLeft { get; init; }
}
