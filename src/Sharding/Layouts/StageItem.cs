namespace Ckpt.Sharding.Layouts;

/// <summary>What a pipeline stage may hold.</summary>
public enum StageItem
{
    /// <summary>The embedding: <c>E</c> or <c>embedding</c>.</summary>
    Embedding,

    /// <summary>A decoder layer: <c>t</c> or <c>decoder</c>.</summary>
    Layer,

    /// <summary>A multi-token-prediction layer: <c>m</c> or <c>mtp</c>.</summary>
    Mtp,

    /// <summary>Output layer and loss: <c>L</c> or <c>loss</c>.</summary>
    Loss,
}
