using Ckpt.Cli.Output;
using Ckpt.Formats.Hub;

namespace Ckpt.Cli.Commands;

/// <summary>What a command sees of the process it runs in.</summary>
/// <param name="Environment">Where hub caches are.</param>
/// <param name="Progress">How progress is shown.</param>
/// <param name="Cancel">Set when the user interrupts.</param>
/// <param name="ColourOut">Whether results may be coloured.</param>
sealed record CommandContext(HubEnvironment Environment, ProgressDisplay Progress, CancellationToken Cancel, bool ColourOut = false);
