using Ckpt.Formats;
using Ckpt.Inference.Weights;
using Ckpt.Models.Configs;

namespace Ckpt.Inference.Descriptions;

/// <summary>A model as data that the forward pass follows: its layers, and what happens before and behind them.</summary>
public sealed class ForwardModel
{
    ForwardModel(HfConfig config, ModelDescriber describer)
    {
        Where = config.Where;
        ModelType = config.Model.ModelType;
        Layers = [.. Enumerable.Range(0, config.Model.Layers).Select(describer.Layer)];
        Embedding = describer.Embedding;
        EmbeddingScale = describer.EmbeddingScale;
        ResidualScale = describer.ResidualScale;
        FinalNorm = describer.FinalNorm;
        Output = describer.Output;
        LogitScale = describer.LogitScale;
        LogitCap = describer.LogitCap;
        NormEpsilon = (float)config.Model.NormEps;
        AreNormsCentred = config.Family.Config.ZeroCentredNorms;
        AreLayerNorms = config.Family.Config.LayerNorms;
    }

    /// <summary>What a config says of a model whose weights have these names.</summary>
    /// <exception cref="CheckpointException">A model whose forward pass is not known.</exception>
    public static ForwardModel Of(HfConfig config, IWeightSource weights) => new(config, new ModelDescriber(config, weights));

    /// <summary>The families whose forward pass is known, by <c>model_type</c>.</summary>
    public static IReadOnlyCollection<string> Families => ForwardTraits.Families;

    /// <summary>The config's name, for messages.</summary>
    public string Where { get; }

    /// <summary>The family, as configs name it.</summary>
    public string ModelType { get; }

    /// <summary>Width of the residual stream.</summary>
    public int Hidden => Embedding.Columns;

    /// <summary>Tokens there are.</summary>
    public int Vocabulary => Embedding.Rows;

    /// <summary>The tensor that tokens are looked up in.</summary>
    public string EmbeddingName => Embedding.Name;

    /// <summary>Decoder layers.</summary>
    public int LayerCount => Layers.Count;

    /// <summary>The layers in order.</summary>
    public IReadOnlyList<LayerKind> Layers { get; }

    /// <summary>One row a token.</summary>
    public WeightMatrix Embedding { get; }

    /// <summary>What embeddings are multiplied by.</summary>
    public float EmbeddingScale { get; }

    /// <summary>What each layer's part is multiplied by before it is added.</summary>
    public float ResidualScale { get; }

    /// <summary>The norm behind the last layer.</summary>
    public string FinalNorm { get; }

    /// <summary>The head; <see cref="Embedding"/> where they are tied.</summary>
    public WeightMatrix Output { get; }

    /// <summary>What logits are multiplied by.</summary>
    public float LogitScale { get; }

    /// <summary>What logits are held between; null: nothing.</summary>
    public float? LogitCap { get; }

    /// <summary>Added to mean squares.</summary>
    public float NormEpsilon { get; }

    /// <summary>Norms multiply by one more than their weights.</summary>
    public bool AreNormsCentred { get; }

    /// <summary>Norms subtract the mean and have biases.</summary>
    public bool AreLayerNorms { get; }
}
