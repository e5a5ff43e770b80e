using Ckpt.Formats.Tensors;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>Where a run's model and adapter come from, by the flags that say so.</summary>
public sealed record ModelSourceOptions
{
    /// <summary><c>--model</c>: a Hugging Face folder.</summary>
    public string? Model { get; init; }

    /// <summary><c>--mcore_model</c>: a Megatron checkpoint of any format.</summary>
    public string? McoreModel { get; init; }

    /// <summary><c>--adapters</c>: a PEFT folder.</summary>
    public string? Adapter { get; init; }

    /// <summary><c>--mcore_adapter</c>: an adapter in a Megatron checkpoint.</summary>
    public string? McoreAdapter { get; init; }

    /// <summary>A config.json, or its folder, in place of the model's.</summary>
    public string? HfConfig { get; init; }

    /// <summary>The type parameters are to have; null: as stored.</summary>
    public DType? DType { get; init; }

    /// <summary>What the vocabulary's rows are a multiple of, times the tensor parallel size.</summary>
    public int MakeVocabSizeDivisibleBy { get; init; } = 1;

    /// <summary>Whose order gated attention is in, where the model has that choice; null: as the source.</summary>
    public string? Dialect { get; init; }

    /// <summary><c>--mtp_num_layers</c>: layers that predict further tokens to load; without it none are, as in Megatron-SWIFT.</summary>
    public int MtpLayers { get; init; }

    /// <summary>The folder of a model by its name, or null.</summary>
    public Func<string, string?> FindModel { get; init; } = static model => Directory.Exists(model) ? model : null;
}
