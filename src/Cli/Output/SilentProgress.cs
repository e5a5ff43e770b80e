namespace Ckpt.Cli.Output;

/// <summary>Says nothing.</summary>
sealed class SilentProgress : IProgressSink
{
    public void Phase(string name, long bytes) { }

    public void Advance(long bytes) { }

    public void Note(string text) { }
}
