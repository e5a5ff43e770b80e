namespace Ckpt.Models.Families;

/// <summary>A part of a model whose tensors are carried over as they are: a tower, a projector, a generator.</summary>
/// <param name="Hf">How its Hugging Face names begin.</param>
/// <param name="Megatron">What its Megatron names begin with instead, beside the text model's prefix.</param>
public sealed record CarriedPart(string Hf, string Megatron)
{
    /// <summary>Whether models of the family come without it too.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The key of config.json that describes it, without which the model has none; null for what every model has.</summary>
    public string? ConfigKey { get; init; }

    /// <summary>Whether a model has the part.</summary>
    internal bool IsIn(Configs.ModelConfig config) => !IsOptional && (ConfigKey is null || config.Parts.Contains(ConfigKey));
}
