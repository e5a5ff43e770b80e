namespace Ckpt.Cli.Flags;

/// <summary>The flags that every command takes.</summary>
static class CommonFlags
{
    internal static readonly FlagSpec Json = new("json", FlagKind.Bool, "print one JSON value on standard output instead of text");
    internal static readonly FlagSpec Quiet = new("quiet", FlagKind.Bool, "print results and faults only: no progress, no notes");
    internal static readonly FlagSpec Help = new("help", FlagKind.Bool, "print this");

    /// <summary>All of them.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All = [Json, Quiet, Help];
}
