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

    /// <summary>Width of the residual stream.</summary>
    public int Hidden => Embedding.Columns;

    /// <summary>Tokens there are.</summary>
    public int Vocabulary => Embedding.Rows;

    /// <summary>Decoder layers.</summary>
    public int LayerCount => Layers.Count;

    internal IReadOnlyList<LayerKind> Layers { get; }

    internal WeightMatrix Embedding { get; }

    internal float EmbeddingScale { get; }

    internal float ResidualScale { get; }

    internal string FinalNorm { get; }

    internal WeightMatrix Output { get; }

    internal float LogitScale { get; }

    internal float? LogitCap { get; }

    internal float NormEpsilon { get; }

    internal bool AreNormsCentred { get; }

    /// <summary>Norms subtract the mean and have biases.</summary>
    internal bool AreLayerNorms { get; }
}
