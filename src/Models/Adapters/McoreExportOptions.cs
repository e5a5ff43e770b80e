using Ckpt.Formats.TorchDist;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Adapters;

/// <summary>How a Megatron adapter checkpoint is written.</summary>
public sealed record McoreExportOptions
{
    /// <summary>The split it is meant for: gate and up rows of <c>linear_fc1.lora_B</c> lie by its tensor parallel size.</summary>
    public ParallelSizes Sizes { get; init; } = new();

    /// <summary>Rows of a padded output layer; 0: the vocabulary.</summary>
    public long PaddedVocab { get; init; }

    /// <summary>Whose order gated attention is written in (the choice <c>dialect</c>); null: the usual one.</summary>
    public string? Dialect { get; init; }

    /// <summary>The iteration.</summary>
    public int Iteration { get; init; } = 1;

    /// <summary>Data files.</summary>
    public int FileCount { get; init; } = 1;

    /// <summary>Which Megatron reads it.</summary>
    public TorchDistForm Form { get; init; }

    /// <summary>The base model's name or folder, for args.json.</summary>
    public string? Model { get; init; }
}
