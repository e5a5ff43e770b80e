namespace Ckpt.Sharding.Layouts;

/// <summary>Which part of a model is on which chunk of which pipeline stage: every layer on exactly one.</summary>
public sealed class StageLayout
{
    readonly (int Part, int Local)[] _ofLayer;

    internal StageLayout(int stages, int layers, bool tied, IReadOnlyList<StageChunk> parts)
    {
        (Stages, Layers, TiedEmbedding, Parts) = (stages, layers, tied, parts);
        _ofLayer = new (int, int)[layers];
        for (var part = 0; part < parts.Count; part++)
        {
            foreach (var slot in parts[part].Layers) { _ofLayer[slot.Layer] = (part, slot.Local); }
        }
    }

    /// <summary>Pipeline stages.</summary>
    public int Stages { get; }

    /// <summary>Chunks of each stage.</summary>
    public int Chunks => Parts.Count / Stages;

    /// <summary>Decoder layers of the model.</summary>
    public int Layers { get; }

    /// <summary>Multi-token-prediction layers.</summary>
    public int MtpLayers => Parts.Sum(static part => part.Mtp.Count);

    /// <summary>Whether the output layer is the embedding.</summary>
    public bool TiedEmbedding { get; }

    /// <summary>Every chunk, in the order data flows through an even pipeline: chunk 0 of each stage, then chunk 1, and so on.</summary>
    public IReadOnlyList<StageChunk> Parts { get; }

    /// <summary>Places layers on stages.</summary>
    /// <param name="layers">Decoder layers of the model.</param>
    /// <param name="sizes">The pipeline's size and chunks.</param>
    /// <param name="options">How, where not evenly.</param>
    /// <exception cref="Formats.LayoutException">The layers cannot be placed so.</exception>
    public static StageLayout Of(int layers, ParallelSizes sizes, StageOptions? options = null) => new StagePlanner(layers, sizes, options ?? StageOptions.Even).Plan();

    /// <summary>A chunk of a stage.</summary>
    public StageChunk At(int stage, int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(stage, Stages);
        return Parts[(chunk * Stages) + stage];
    }

    /// <summary>Where a layer is, and its number there.</summary>
    public (StageChunk Part, int Local) Find(int layer) => (Parts[_ofLayer[layer].Part], _ofLayer[layer].Local);
}
