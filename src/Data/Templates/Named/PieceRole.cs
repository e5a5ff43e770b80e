namespace Ckpt.Data.Templates.Named;

/// <summary>What a piece of a template stands for.</summary>
public enum PieceRole
{
    /// <summary>Text, tokenized as it stands.</summary>
    Text,

    /// <summary>The tokenizer's first token.</summary>
    Bos,

    /// <summary>The tokenizer's last token.</summary>
    Eos,

    /// <summary>One token, by its text.</summary>
    Token,

    /// <summary>What the tokenizer itself puts before a text.</summary>
    TokenizerStart,

    /// <summary>What the tokenizer itself puts behind a text.</summary>
    TokenizerEnd,
}
