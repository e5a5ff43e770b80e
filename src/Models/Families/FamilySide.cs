namespace Ckpt.Models.Families;

/// <summary>One of the two naming worlds a table relates.</summary>
public enum FamilySide
{
    /// <summary>Hugging Face.</summary>
    Hf,

    /// <summary>Megatron.</summary>
    Megatron,
}
