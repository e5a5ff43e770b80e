namespace Ckpt.Models.Megatron;

/// <summary>What a conversion wants to know from the <c>args.json</c> that Megatron-SWIFT puts beside a checkpoint; all of it may be absent.</summary>
public sealed record SwiftArgs
{
    /// <summary>Name or folder of the Hugging Face model the checkpoint came from.</summary>
    public string? Model { get; init; }

    /// <summary>Megatron-SWIFT's own name for the kind of model (not the Hugging Face <c>model_type</c>).</summary>
    public string? ModelType { get; init; }

    /// <summary>Folder of the Megatron checkpoint the run started from (<c>load</c> in older versions).</summary>
    public string? McoreModel { get; init; }

    /// <summary>Element type, such as <c>bfloat16</c>.</summary>
    public string? TorchDType { get; init; }

    /// <summary><c>causal_lm</c>, <c>seq_cls</c>, …</summary>
    public string? TaskType { get; init; }

    /// <summary><c>full</c> or <c>lora</c> (<c>train_type</c> in older versions).</summary>
    public string? TunerType { get; init; }
}
