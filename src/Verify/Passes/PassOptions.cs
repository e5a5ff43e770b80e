namespace Ckpt.Verify.Passes;

/// <summary>How two passes are run.</summary>
public sealed record PassOptions
{
    /// <summary>Bytes that a pass, and what is kept of the other, may take.</summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Threads that multiply.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Samples that are computed together.</summary>
    public int Batch { get; init; } = 1;
}
