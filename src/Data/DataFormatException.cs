namespace Ckpt.Data;

/// <summary>
/// Text, a tokenizer, a template or a data set that cannot be served. The message says where, what was found and what was allowed, and
/// ends with the clause of <c>spec/</c> that says so.
/// </summary>
public abstract class DataFormatException : Exception
{
    private protected DataFormatException(string clause, string where, string message, Exception? inner)
        : base($"{where}: {message} [{clause}]", inner)
    {
        Clause = clause;
        Where = where;
    }

    /// <summary>The clause of <c>spec/</c>, such as <c>TOK-1.3</c>.</summary>
    public string Clause { get; }

    /// <summary>The file, and the place in it, that the message is about.</summary>
    public string Where { get; }
}

/// <summary>The input breaks a clause.</summary>
public sealed class MalformedDataException(string clause, string where, string message, Exception? inner = null)
    : DataFormatException(clause, where, message, inner);

/// <summary>Valid, but not handled: the message says what would be.</summary>
public sealed class UnsupportedDataException(string clause, string where, string message, Exception? inner = null)
    : DataFormatException(clause, where, message, inner);
