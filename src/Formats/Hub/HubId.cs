using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Formats.Hub;

/// <summary>A model's name on a hub: <c>Qwen/Qwen3-8B</c>, perhaps with a revision behind an @.</summary>
/// <param name="Organisation">The part before the slash; empty for the few names that have none.</param>
/// <param name="Name">The part after it.</param>
/// <param name="Revision">A branch, tag or commit, or null.</param>
readonly record struct HubId(string Organisation, string Name, string? Revision)
{
    /// <summary>Reads a name; false where the text cannot be one (CLI-5.7): it is then a path.</summary>
    internal static bool TryParse(string text, string? revision, out HubId id)
    {
        id = default;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            revision ??= text[(at + 1)..];
            text = text[..at];
        }
        var parts = text.Split('/');
        if (parts.Length > 2 || !parts.All(IsName) || revision is not null && !IsRevision(revision)) { return false; }
        id = parts.Length == 2 ? new HubId(parts[0], parts[1], revision) : new HubId("", parts[0], revision);
        return true;
    }

    /// <summary>Organisation and name with a slash between, as the hub shows it.</summary>
    public override string ToString() => Organisation.Length == 0 ? Name : $"{Organisation}/{Name}";

    /// <summary>The folder of the Hugging Face cache that holds it.</summary>
    internal string HuggingFaceFolder => Organisation.Length == 0 ? $"models--{Name}" : $"models--{Organisation}--{Name}";

    /// <summary>The folder below one of ModelScope's that holds it: dots in the name are written as three underscores.</summary>
    internal string ModelScopeFolder => Path.Combine(Organisation, Name.Replace(".", "___", StringComparison.Ordinal));

    // CLI-5.7: what huggingface_hub allows in a name; above all, no name that leaves the folder it is put into.
    static bool IsName(string name) =>
        name.Length is > 0 and <= 96 && name is not "." and not ".."
        && name[0] is not '-' and not '.' && !name.Contains("..", StringComparison.Ordinal)
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>Whether a text can be a branch, tag or commit, and a path below <c>refs</c>.</summary>
    internal static bool IsRevision([NotNullWhen(true)] string? revision) =>
        revision is not null && revision.Length <= 200
        && revision.Split('/').All(part => part.Length > 0 && part is not "." and not ".." && part.All(c => !char.IsControl(c) && c is not '\\' and not ':'));
}
