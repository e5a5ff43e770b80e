namespace Ckpt.Models.Families;

/// <summary>
/// Two or more ways in which checkpoints of a family name the same tensors. Where one is read, the option most of whose rows are present
/// counts; between equals, where none is, and where one is written, the first.
/// </summary>
/// <param name="Name">What the options are about.</param>
/// <param name="Side">The side whose names tell.</param>
/// <param name="Options">The names of the options; rows carry them.</param>
public sealed record FamilyChoice(string Name, FamilySide Side, params IReadOnlyList<string> Options);
