namespace Ckpt.Data.Templates.Named;

/// <summary>A piece of a named template: text with places for the system, the query and the round, or a token that the tokenizer knows by its role.</summary>
/// <param name="Role">What it is.</param>
/// <param name="Text">The text; empty for a token.</param>
public readonly record struct TemplatePiece(PieceRole Role, string Text)
{
    /// <summary>The tokenizer's first token.</summary>
    public static TemplatePiece Bos { get; } = new(PieceRole.Bos, "");

    /// <summary>The tokenizer's last token.</summary>
    public static TemplatePiece Eos { get; } = new(PieceRole.Eos, "");

    /// <summary>One token, by its text.</summary>
    public static TemplatePiece Token(string text) => new(PieceRole.Token, text);

    /// <summary>A piece of text.</summary>
    public static TemplatePiece FromString(string text) => new(PieceRole.Text, text);

    /// <summary>A piece of text.</summary>
    public static implicit operator TemplatePiece(string text) => FromString(text);
}
