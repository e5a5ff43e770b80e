namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>Which parameters are trained.</summary>
public sealed record TuningArguments
{
    /// <summary>Whether adapters are trained in the model's place.</summary>
    public bool IsLora { get; init; }

    public int Rank { get; init; } = 8;

    public double Alpha { get; init; } = 32;

    public double Dropout { get; init; } = 0.05;

    /// <summary>The adapters' type; null for the model's.</summary>
    public string? Type { get; init; }

    public bool IsRankStabilised { get; init; }

    /// <summary><c>all-linear</c>, <c>all-router</c>, <c>all-embedding</c>, or names.</summary>
    public IReadOnlyList<string> Targets { get; init; } = ["all-linear"];

    public string? TargetPattern { get; init; }

    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>Whether the whole model is frozen (<c>freeze_llm</c>).</summary>
    public bool FreezesAll { get; init; }

    public IReadOnlyList<string> Frozen { get; init; } = [];

    public string? FrozenPattern { get; init; }

    public double FrozenRatio { get; init; }

    public IReadOnlyList<string> Trained { get; init; } = [];

    public string? TrainedPattern { get; init; }
}
