namespace Ckpt.Cli.Flags;

/// <summary>What a flag's value is.</summary>
enum FlagKind
{
    Bool, Int, Number, Text, Path, List, Size, DType,
}

/// <summary>What becomes of a flag.</summary>
enum FlagUse
{
    /// <summary>The command reads it.</summary>
    Used,

    /// <summary>Accepted, because lines in use carry it; the reason is printed once (CLI-1.8).</summary>
    NoEffect,

    /// <summary>Known and refused with its reason, except for the values that ask for nothing (CLI-1.9).</summary>
    Refused,
}

/// <summary>A flag as data. Names are stored with underscores; the command line may use dashes.</summary>
sealed record FlagSpec(string Name, FlagKind Kind, string Help)
{
    /// <summary>Other names of the same flag: earlier versions of Megatron-SWIFT, and short forms.</summary>
    internal IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What becomes of it.</summary>
    internal FlagUse Use { get; init; }

    /// <summary>Values that a refused flag may have, because they ask for what is done anyway.</summary>
    internal IReadOnlyList<string> Harmless { get; init; } = [];

    /// <summary>The name as messages show it.</summary>
    internal string Shown => "--" + Name;
}
