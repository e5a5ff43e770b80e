using Ckpt.Cli.Output;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Running;

/// <summary>Passes what a run tells on to what shows it.</summary>
sealed class RunProgress(IProgressSink sink) : IRunProgress
{
    public void Begin(string phase, long bytes) => sink.Phase(phase, bytes);

    public void Advance(long bytes) => sink.Advance(bytes);
}
