namespace Ckpt.Models.Families;

/// <summary>Marks a row that is there only with one option of a <see cref="FamilyChoice"/>.</summary>
/// <param name="Choice">The choice's name.</param>
/// <param name="Option">One of its options.</param>
public sealed record RowOption(string Choice, string Option);
