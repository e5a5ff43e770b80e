namespace Ckpt.Formats;

/// <summary>
/// A checkpoint, or a wish about one, that cannot be served. The message says where, what was found and what was allowed, and ends
/// with the clause of <c>spec/</c> that says so.
/// </summary>
public abstract class CheckpointException : Exception
{
    private protected CheckpointException(string clause, string where, string message, Exception? inner)
        : base($"{where}: {message} [{clause}]", inner)
    {
        Clause = clause;
        Where = where;
    }

    /// <summary>The clause of <c>spec/</c>, such as <c>SFT-1.3</c>.</summary>
    public string Clause { get; }

    /// <summary>The file, and the place in it, that the message is about.</summary>
    public string Where { get; }
}

/// <summary>The bytes, or the set of files, break a clause.</summary>
public sealed class MalformedCheckpointException(string clause, string where, string message, Exception? inner = null)
    : CheckpointException(clause, where, message, inner);

/// <summary>Valid, but not handled: the message says what would be.</summary>
public sealed class UnsupportedCheckpointException(string clause, string where, string message, Exception? inner = null)
    : CheckpointException(clause, where, message, inner);

/// <summary>A split, a shape or a mapping that cannot be made, with the numbers that say why.</summary>
public sealed class LayoutException(string clause, string where, string message, Exception? inner = null)
    : CheckpointException(clause, where, message, inner);
