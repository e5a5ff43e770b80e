using Ckpt.Trainer.Datasets;

namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>Everything that a training run was asked for.</summary>
public sealed record TrainingArguments
{
    /// <summary><c>pt</c> or <c>sft</c>.</summary>
    public required string Command { get; init; }

    /// <summary>What is trained.</summary>
    public required ModelArguments Model { get; init; }

    /// <summary>Which of its parameters.</summary>
    public required TuningArguments Tuning { get; init; }

    /// <summary>How they are moved.</summary>
    public required OptimizerArguments Optimizer { get; init; }

    /// <summary>The rows.</summary>
    public required DatasetOptions Data { get; init; }

    /// <summary>How rows become tokens.</summary>
    public required EncodingArguments Encoding { get; init; }

    /// <summary>How tokens become batches, and how many.</summary>
    public required BatchArguments Batches { get; init; }

    /// <summary>How ranks share the work.</summary>
    public required PlaceArguments Place { get; init; }

    /// <summary>What is kept.</summary>
    public required SavingArguments Saving { get; init; }

    /// <summary>What is told.</summary>
    public required LoggingArguments Logging { get; init; }
}
