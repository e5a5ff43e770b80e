namespace Ckpt.Cli.Flags;

/// <summary>A command line that cannot be understood: what was given, what is allowed, and the clause that says so.</summary>
sealed class UsageException(string clause, string where, string message) : Exception($"{where}: {message} [{clause}]")
{
    internal string Clause { get; } = clause;

    internal string Where { get; } = where;
}
