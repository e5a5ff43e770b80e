namespace Ckpt.Trainer.Loop.Arguments;

/// <summary>Where a model comes from.</summary>
public sealed record ModelArguments
{
    /// <summary>A Hugging Face folder.</summary>
    public string? Folder { get; init; }

    /// <summary>What it was asked for by: a folder or a name on the hub.</summary>
    public string? Name { get; init; }

    /// <summary>A Megatron checkpoint.</summary>
    public string? Megatron { get; init; }

    /// <summary>Adapters of PEFT's to go on with.</summary>
    public string? Adapter { get; init; }

    /// <summary>An adapter of Megatron's to go on with.</summary>
    public string? MegatronAdapter { get; init; }

    /// <summary>A folder with a tokenizer, where it is not the model's own.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>The type weights are held in: bfloat16 or float32; null for what the config says.</summary>
    public string? Type { get; init; }

    /// <summary>Whether training begins anew with these weights; else optimizer, random numbers and place in the data are taken up too.</summary>
    public bool Finetune { get; init; } = true;

    /// <summary>Whether the optimizer's state is left behind where a run goes on.</summary>
    public bool NoLoadOptimizer { get; init; }

    /// <summary>Whether random numbers are.</summary>
    public bool NoLoadRandom { get; init; }

    /// <summary>Rows of the vocabulary on each tensor-parallel rank are a multiple of this; null for Megatron-SWIFT's rule.</summary>
    public int? VocabularyDivisibleBy { get; init; }

    /// <summary>Whether the adapter to go on with is a run's own, by its arguments.</summary>
    public bool HasAdapter => Adapter is not null || MegatronAdapter is not null;

    /// <summary>The path that says what is trained.</summary>
    public string Source => Megatron ?? Folder ?? throw new InvalidOperationException("neither a Hugging Face folder nor a Megatron checkpoint is given");
}
