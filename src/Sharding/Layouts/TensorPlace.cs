namespace Ckpt.Sharding.Layouts;

/// <summary>Which part of a model a tensor belongs to.</summary>
public enum PlaceKind
{
    /// <summary>The embedding.</summary>
    Embedding,

    /// <summary>One tensor for all decoder layers, layers along its first axis.</summary>
    LayerStack,

    /// <summary>One decoder layer.</summary>
    Layer,

    /// <summary>The norm behind the last layer.</summary>
    FinalNorm,

    /// <summary>The output layer.</summary>
    Output,

    /// <summary>One multi-token-prediction layer.</summary>
    Mtp,

    /// <summary>What stands before the decoder and is not the embedding: vision and audio towers.</summary>
    FirstStage,
}

/// <summary>The part of a model a tensor belongs to, and the number of the layer where it has one.</summary>
public readonly record struct TensorPlace(PlaceKind Kind, int Index = 0);
