namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>What is kept of a run.</summary>
public sealed record SavingArguments
{
    /// <summary>Where it goes, before the version.</summary>
    public required string OutputFolder { get; init; }

    public bool AddVersion { get; init; } = true;

    /// <summary>Whether weights are written as safetensors.</summary>
    public bool Safetensors { get; init; } = true;

    public bool NoSaveOptimizer { get; init; }

    public bool NoSaveRandom { get; init; }

    /// <summary>Whether a merged model is written beside an adapter; null for where safetensors are written.</summary>
    public bool? MergeLora { get; init; }

    public long MaxShardSize { get; init; } = 5_000_000_000;

    /// <summary>Checkpoints kept; null for all.</summary>
    public int? TotalLimit { get; init; }

    /// <summary>Whether <c>best</c> and <c>last</c> point to checkpoints.</summary>
    public bool Symlinks { get; init; }

    public string BestMetric { get; init; } = "loss";

    public bool GreaterIsBetter { get; init; }
}
