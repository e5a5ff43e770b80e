using Ckpt.Cli.Output;
using Ckpt.Formats.Hub;

namespace Ckpt.Cli.Commands;

/// <summary>What a command sees of the process it runs in.</summary>
/// <param name="Environment">Where hub caches are.</param>
/// <param name="Progress">How progress is shown.</param>
/// <param name="Cancel">Set when the user interrupts.</param>
/// <param name="ColourOut">Whether results may be coloured.</param>
sealed record CommandContext(HubEnvironment Environment, ProgressDisplay Progress, CancellationToken Cancel, bool ColourOut = false)
{
    /// <summary>Where results go that cannot wait for the command's end.</summary>
    internal TextWriter Out { get; init; } = TextWriter.Null;

    /// <summary>What the user types.</summary>
    internal TextReader In { get; init; } = TextReader.Null;

    /// <summary>Whether a person types it.</summary>
    internal bool IsInteractive { get; init; }
}
