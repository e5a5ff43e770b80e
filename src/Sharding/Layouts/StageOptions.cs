namespace Ckpt.Sharding.Layouts;

/// <summary>How layers are to be placed on pipeline stages, where not simply evenly.</summary>
public sealed record StageOptions
{
    /// <summary>Every stage alike.</summary>
    public static StageOptions Even { get; } = new();

    /// <summary>Layers of the first stage, where it is not to have as many as the others.</summary>
    public int? FirstStageLayers { get; init; }

    /// <summary>Layers of the last stage, where it is not to have as many as the others.</summary>
    public int? LastStageLayers { get; init; }

    /// <summary>Whether the embedding counts as a layer when layers are shared out.</summary>
    public bool AccountForEmbedding { get; init; }

    /// <summary>Whether the output layer counts as a layer when layers are shared out.</summary>
    public bool AccountForLoss { get; init; }

    /// <summary>What each virtual stage holds, one by one.</summary>
    public StagePattern? Pattern { get; init; }

    /// <summary>MindSpeed's <c>--num-layer-list</c>: the layers of each stage.</summary>
    public IReadOnlyList<int>? LayerList { get; init; }

    /// <summary>
    /// MindSpeed's <c>--noop-layers</c>: places that hold nothing, counted from 0 among the model's layers and themselves.
    /// </summary>
    public IReadOnlyList<int> NoopLayers { get; init; } = [];

    /// <summary>MindSpeed's <c>--schedules-method dualpipev</c>: each stage holds a chunk from the front and one from the back.</summary>
    public bool DualPipe { get; init; }

    /// <summary>The virtual pipeline by the layers of one chunk instead of by the number of chunks.</summary>
    public int? LayersPerVirtualStage { get; init; }

    /// <summary>Multi-token-prediction layers; without a pattern they are with the loss.</summary>
    public int MtpLayers { get; init; }

    /// <summary>Whether the output layer is the embedding, which the last of several stages then holds a copy of.</summary>
    public bool TiedEmbedding { get; init; }
}
