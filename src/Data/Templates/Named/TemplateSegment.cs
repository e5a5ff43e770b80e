namespace Ckpt.Data.Templates.Named;

/// <summary>A stretch of a sample that is tokenized on its own and has one weight.</summary>
/// <param name="Role">Text, or a token by its role.</param>
/// <param name="Text">The text; empty for a token.</param>
/// <param name="Weight">0 where there is no loss.</param>
public readonly record struct TemplateSegment(PieceRole Role, string Text, double Weight);
