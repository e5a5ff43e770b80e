namespace Ckpt.Models.Families;

/// <summary>A part of a model whose tensors are carried over as they are: a tower, a projector, a generator.</summary>
/// <param name="Hf">How its Hugging Face names begin.</param>
/// <param name="Megatron">What its Megatron names begin with instead, beside the text model's prefix.</param>
public sealed record CarriedPart(string Hf, string Megatron)
{
    /// <summary>Whether models of the family come without it too: Megatron checkpoints leave generators out.</summary>
    public bool IsOptional { get; init; }
}
