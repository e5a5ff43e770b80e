using Ckpt.Torch;
using Ckpt.Trainer.Adapting;

namespace Ckpt.Trainer.Modeling;

/// <summary>How a model is held and trained.</summary>
public sealed record ModelOptions
{
    /// <summary>The type of weights and activations: Float32 or BFloat16.</summary>
    public ScalarType Type { get; init; } = ScalarType.Float32;

    /// <summary>What is computed anew instead of kept.</summary>
    public RecomputeOptions Recompute { get; init; } = new();

    /// <summary>Adapters; null: the model itself is trained.</summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>What is not trained.</summary>
    public FreezeOptions Freeze { get; init; } = new();

    /// <summary>How parameters begin that the source does not have; null: that one lacks is an error.</summary>
    public InitialisationOptions? Initialisation { get; init; }

    /// <summary>Dropout of attention's weights.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Dropout of what embeddings, attention and feed-forward layers give.</summary>
    public double HiddenDropout { get; init; }

    /// <summary>Rows of the embedding on each tensor-parallel rank are a multiple of this.</summary>
    public int VocabularyDivisibleBy { get; init; } = 1;

    /// <summary>The weight of the loss that balances experts over a batch (<c>moe_aux_loss_coeff</c>).</summary>
    public double AuxiliaryLoss { get; init; }

    /// <summary>The weight of the loss that keeps router logits small (<c>moe_z_loss_coeff</c>).</summary>
    public double RouterLogitLoss { get; init; }
}
