namespace Ckpt.Models.Families;

/// <summary>
/// Two or more ways in which checkpoints of a family name the same tensors. Where one is read, the option most of whose rows are present
/// counts; between equals, where none is, and where one is written, the first.
/// </summary>
/// <param name="Name">What the options are about.</param>
/// <param name="Side">The side whose names tell.</param>
/// <param name="Options">The names of the options; rows carry them.</param>
public sealed record FamilyChoice(string Name, FamilySide Side, params IReadOnlyList<string> Options)
{
    /// <summary>Whether options may have the same names and shapes, so that one has to be asked for where names do not tell.</summary>
    public bool IsAsked { get; init; }

    /// <summary>Options that go with certain options of earlier choices only: any one of those listed.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<RowOption>> Needs { get; init; } = new Dictionary<string, IReadOnlyList<RowOption>>();

    /// <summary>The option that is written for a config of transformers 5, where it is not the first.</summary>
    public string? SinceTransformers5 { get; init; }
}
