using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Comparing;

/// <summary>placeholder while building</summary>
static class SelfTestReport
{
    internal static CommandResult Run(ComparedCheckpoint a, FlagValues values, IRunProgress progress, Action<string> note, CancellationToken cancel) => throw new NotSupportedException(a.Path + values + progress + note + cancel);
}
