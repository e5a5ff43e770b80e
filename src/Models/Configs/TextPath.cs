namespace Ckpt.Models.Configs;

/// <summary>
/// Where a multimodal config says what its text model is. Keys of inner objects come before those of outer ones; files of transformers before 4.52
/// have no inner object and say all outside.
/// </summary>
/// <param name="Keys">The keys that lead to it.</param>
public sealed record TextPath(params IReadOnlyList<string> Keys)
{
    /// <summary>
    /// Whether the innermost object decides on <c>tie_word_embeddings</c>, as where remote code makes a model of its own of it; else the outermost that says.
    /// </summary>
    public bool IsTiedInside { get; init; }
}
