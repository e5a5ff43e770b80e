namespace Ckpt.Models.Configs;

/// <summary>
/// How a family's config.json is read: which keys decide what, and what transformers takes where a key is absent. The defaults are
/// those of the family's configuration class in transformers 4.57 and 5.
/// </summary>
public sealed record ConfigRules
{
    /// <summary>Biases of the query, key and value projections.</summary>
    public BiasRule AttentionBias { get; init; }

    /// <summary>Bias of the attention's output projection.</summary>
    public BiasRule OutputBias { get; init; }

    /// <summary>Biases of the dense feed-forward projections.</summary>
    public BiasRule MlpBias { get; init; }

    /// <summary>Bias of the output layer.</summary>
    public BiasRule HeadBias { get; init; }

    /// <summary>Whether queries and keys are normalised.</summary>
    public bool QkNorm { get; init; }

    /// <summary>The key that says whether queries and keys are normalised; null: <see cref="QkNorm"/> says.</summary>
    public string? QkNormKey { get; init; }

    /// <summary>The key of the dense feed-forward width.</summary>
    public string Ffn { get; init; } = "intermediate_size";

    /// <summary>The activation, where no key says.</summary>
    public string HiddenAct { get; init; } = "silu";

    /// <summary>Norms multiply by one plus the weight that is stored.</summary>
    public bool ZeroCentredNorms { get; init; }

    /// <summary>Norms subtract the mean and have biases (LayerNorm).</summary>
    public bool LayerNorms { get; init; }

    /// <summary>Neighbouring elements of a head turn together, not elements half a head apart.</summary>
    public bool RotaryInterleaved { get; init; }

    /// <summary>The part of a head that turns, where no key says.</summary>
    public double PartialRotary { get; init; } = 1;

    /// <summary>Layers without rotary embedding, where <c>no_rope_layers</c> is absent: every so manyth; 0: the family knows none.</summary>
    public int NoRopeStep { get; init; }

    /// <summary>Key/value heads where the key is absent; null: as many as query heads. A null in the file always means as many.</summary>
    public long? KvHeads { get; init; }

    /// <summary>Head size where the key is absent; null: hidden size over heads.</summary>
    public long? HeadDim { get; init; }

    /// <summary>Whether the output layer is the embedding, where the key is absent.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Where <c>max_position_embeddings</c> is absent.</summary>
    public long MaxPositions { get; init; }

    /// <summary>Where <c>rms_norm_eps</c> is absent.</summary>
    public double NormEps { get; init; } = 1e-6;

    /// <summary>Where no rope theta is found.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Where a multimodal config says what its text model is; empty for text models.</summary>
    public TextPath Text { get; init; } = new();

    /// <summary>Whether attention is multi-latent.</summary>
    public bool IsMla { get; init; }

    /// <summary>Whether attention is gated, and linear in most layers.</summary>
    public bool HasDeltaNets { get; init; }

    /// <summary>Names of the number of layers that predict further tokens.</summary>
    public IReadOnlyList<string> MtpLayers { get; init; } = [];

    /// <summary>How experts are configured; null where the family has none.</summary>
    public MoeRules? Moe { get; init; }
}
