using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron;

/// <summary>What a Megatron key says about the tensor under it.</summary>
/// <param name="Key">The key itself.</param>
/// <param name="Parameter">The model's key, without the prefix of an optimizer state.</param>
/// <param name="State">The optimizer state it is (<c>exp_avg</c>), or null for a weight.</param>
/// <param name="Cut">How each layer's is cut; optimizer states as their parameter.</param>
/// <param name="Place">Where it belongs.</param>
public sealed record MegatronCut(string Key, string Parameter, string? State, TensorCut Cut, TensorPlace Place)
{
    /// <summary>The expert it is of, where each expert has a key of its own.</summary>
    public ExpertNumber? Expert { get; init; }

    /// <summary>
    /// torch_dist stores this tensor as its ranks' tensors one behind the other, so that its order depends on the tensor parallel size it
    /// was saved under: <c>linear_fc1.lora_B</c> of Megatron-SWIFT. <see cref="Cut"/> is of the logical tensor.
    /// </summary>
    public bool IsStoredByRank { get; init; }

    /// <summary>The global tensor of this key.</summary>
    public ModelTensor Of(Shape shape) => new(Key, shape, Cut, Place) { Expert = Expert };

    /// <summary>The tensor as torch_dist stores it: of equal shares by rank where <see cref="IsStoredByRank"/>.</summary>
    public ModelTensor StoredOf(Shape shape) => IsStoredByRank
        ? new(Key, shape, Cut.OfExperts ? TensorCut.Columns.ForExperts() : TensorCut.Columns, Place) { Expert = Expert }
        : Of(shape);
}
