namespace Ckpt.Sharding.Running;

/// <summary>How a plan is run.</summary>
public readonly record struct RunOptions()
{
    /// <summary>Bytes of memory the whole process may take.</summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Bytes written at once; also what the journal counts in, so that a rerun must use the same. Multiple of 16.</summary>
    public int BlockBytes { get; init; } = 4 << 20;

    /// <summary>Threads that fill blocks; 0 for as many as processors, at least 4: they wait for the disk more than they compute.</summary>
    public int Threads { get; init; }

    /// <summary>Bytes that views of the source hold in memory besides.</summary>
    public long HeldBytes { get; init; }

    /// <summary>Which of <see cref="Workers"/> processes this one is, from 0.</summary>
    public int Worker { get; init; }

    /// <summary>How many processes share the run, on one machine or several that see the same folders.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Throw away what an earlier run left unfinished.</summary>
    public bool Restart { get; init; }

    /// <summary>Replace an earlier output of ours.</summary>
    public bool ReplaceExisting { get; init; }
}

/// <summary>Told how far a run is; called from several threads.</summary>
public interface IRunProgress
{
    /// <summary>A phase begins; bytes it will move, or 0.</summary>
    void Begin(string phase, long bytes);

    /// <summary>So many bytes more are done.</summary>
    void Advance(long bytes);
}

/// <summary>Nobody listens.</summary>
public sealed class NoProgress : IRunProgress
{
    public void Begin(string phase, long bytes) { }

    public void Advance(long bytes) { }
}
