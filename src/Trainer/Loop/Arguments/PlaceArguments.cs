namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>How ranks share the work.</summary>
public sealed record PlaceArguments
{
    public int World { get; init; } = 1;

    public int Rank { get; init; }

    public int TensorParallel { get; init; } = 1;

    public bool SequenceParallel { get; init; }

    /// <summary>Where ranks meet; null for a run of one.</summary>
    public string? MasterAddress { get; init; }

    public int MasterPort { get; init; } = 29500;

    /// <summary>Seconds to wait for the others.</summary>
    public double Timeout { get; init; } = 18_000_000;

    /// <summary>Ranks with data of their own.</summary>
    public int DataParallel => World / TensorParallel;
}
