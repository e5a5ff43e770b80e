using Ckpt.Torch;

namespace Ckpt.Trainer.Adapting;

/// <summary>Adapters that are trained in a model's place; defaults are Megatron-SWIFT's.</summary>
public sealed record LoraOptions
{
    /// <summary>Columns of B.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>The product of the factors is multiplied by this over the rank, or over its root.</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>Whether it is over the root.</summary>
    public bool IsRankStabilised { get; init; }

    /// <summary>Dropout of what goes into A.</summary>
    public double Dropout { get; init; } = 0.05;

    /// <summary>The factors' type; null: the model's.</summary>
    public ScalarType? Type { get; init; }

    /// <summary>Modules: <c>all-linear</c>, <c>all-router</c>, <c>all-embedding</c>, or ends of their names.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [LoraTargets.AllLinear];

    /// <summary>Modules by a pattern of their whole names; <see cref="Targets"/> then do not count.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Modules that are trained as a whole, by the end of their names.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>What an opened adapter consists of, by module; the targets then do not count. Its values come from the model's source.</summary>
    public IReadOnlyDictionary<string, LoraShape>? Modules { get; init; }

    /// <summary>What new factors are drawn from.</summary>
    public long Seed { get; init; } = 42;
}
