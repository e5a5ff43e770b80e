using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron;

/// <summary>What the common state of a written checkpoint says besides what the model is.</summary>
public sealed record MegatronArgsOptions
{
    /// <summary>The iteration: 1 for what Megatron-SWIFT's export writes.</summary>
    public int Iteration { get; init; } = 1;

    /// <summary>The split announced. torch_dist files do not depend on it.</summary>
    public ParallelSizes Sizes { get; init; } = new();

    /// <summary>How layers are placed on the stages announced.</summary>
    public StageOptions Stages { get; init; } = StageOptions.Even;

    /// <summary>Rows of the embedding and output layer in the checkpoint; 0: the vocabulary.</summary>
    public long PaddedVocab { get; init; }

    /// <summary>What the vocabulary's rows are a multiple of, times the tensor parallel size: 1 in Megatron-SWIFT, 128 in Megatron-LM.</summary>
    public int MakeVocabSizeDivisibleBy { get; init; } = 1;

    /// <summary>Layers that predict further tokens in the checkpoint.</summary>
    public int MtpLayers { get; init; }

    /// <summary>Whose order gated attention and delta nets are in, of the family's choice <c>dialect</c>; null for the usual one.</summary>
    public string? Dialect { get; init; }

    /// <summary>Whether the config's own keys are among the arguments, where MindSpeed-LLM's converters look for them.</summary>
    public bool WithConfig { get; init; }

    /// <summary>The name or folder of the Hugging Face model, if it is to be noted.</summary>
    public string? Model { get; init; }
}
