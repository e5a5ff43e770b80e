namespace Ckpt.Cli.Flags;

/// <summary>The flags of a command, found by any of their names and spellings.</summary>
sealed class FlagTable
{
    readonly Dictionary<string, FlagSpec> _byName = new(StringComparer.Ordinal);

    /// <summary>A table of these flags; a name that stands for two of them is a mistake of ours.</summary>
    internal FlagTable(IEnumerable<FlagSpec> flags)
    {
        All = [.. flags];
        foreach (var flag in All)
        {
            foreach (var name in flag.Aliases.Prepend(flag.Name)) { _byName.Add(name, flag); }
        }
    }

    /// <summary>The flags in the order in which help lists them.</summary>
    internal IReadOnlyList<FlagSpec> All { get; }

    /// <summary>The flag that a name as typed (without the leading dashes) stands for (CLI-1.1, CLI-1.4).</summary>
    /// <exception cref="UsageException">None does (CLI-1.5).</exception>
    internal FlagSpec Find(string typed, string command)
    {
        var name = typed.Replace('-', '_');
        if (_byName.TryGetValue(name, out var flag) || _byName.TryGetValue(name.ToLowerInvariant(), out flag)) { return flag; }
        var nearest = NearestName.Of(name, _byName.Keys);
        throw new UsageException("CLI-1.5", $"--{typed}", nearest is null
            ? $"'{command}' has no such flag; 'ckpt {command} --help' lists them"
            : $"'{command}' has no such flag; did you mean --{nearest}?");
    }
}
