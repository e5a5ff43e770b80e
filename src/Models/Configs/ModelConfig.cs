using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Configs;

/// <summary>
/// What a model is, whichever era of config.json said it: sizes, biases, norms and experts, checked to be positive and consistent.
/// Names follow Megatron's words where the two sides differ.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The Hugging Face <c>model_type</c>, which is also the family's name.</summary>
    public required string ModelType { get; init; }

    /// <summary>The classes the file names; may be empty.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required long Hidden { get; init; }

    /// <summary>Query heads.</summary>
    public required long Heads { get; init; }

    /// <summary>Key/value heads, each of which serves <c>Heads / KvGroups</c> query heads.</summary>
    public required long KvGroups { get; init; }

    /// <summary>Size of a head.</summary>
    public required long HeadDim { get; init; }

    /// <summary>Width of a dense feed-forward layer.</summary>
    public required long Ffn { get; init; }

    /// <summary>Width of one expert; 0 without experts.</summary>
    public long MoeFfn { get; init; }

    /// <summary>Experts of a MoE layer; 0 without experts.</summary>
    public int Experts { get; init; }

    /// <summary>Experts a token goes to; 0 without experts.</summary>
    public int TopK { get; init; }

    /// <summary>Whether the chosen experts' probabilities are made to sum to one.</summary>
    public bool NormTopkProb { get; init; }

    /// <summary>Width of the experts every token goes to, all together; 0 without any.</summary>
    public long SharedFfn { get; init; }

    /// <summary>How the router's scores are made: <c>softmax</c> or <c>sigmoid</c>.</summary>
    public string ScoreFunction { get; init; } = "softmax";

    /// <summary>Groups the router first chooses among, or null.</summary>
    public long? RouterGroups { get; init; }

    /// <summary>Groups the router chooses, or null.</summary>
    public long? RouterGroupTopK { get; init; }

    /// <summary>What the chosen experts' weights are multiplied by, or null.</summary>
    public double? RoutedScaling { get; init; }

    /// <summary>Layers of a model with experts that have none.</summary>
    public IReadOnlySet<int> MlpOnlyLayers { get; init; } = new HashSet<int>();

    /// <summary>Rows of the embedding, without padding.</summary>
    public required long VocabSize { get; init; }

    /// <summary>Whether the output layer is the embedding.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the query, key and value projections have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the attention's output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the dense feed-forward projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether queries and keys are normalised.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Whether the output layer has a bias.</summary>
    public bool HeadBias { get; init; }

    /// <summary>The activation's name.</summary>
    public string HiddenAct { get; init; } = "silu";

    /// <summary>The epsilon of the norms.</summary>
    public double NormEps { get; init; }

    /// <summary>The base of the rotary embedding.</summary>
    public double RopeTheta { get; init; }

    /// <summary>
    /// How the rotary embedding is scaled, as the file has it (transformers 5: <c>rope_parameters</c> without the base); null where it
    /// is not.
    /// </summary>
    public JsonObject? RopeScaling { get; init; }

    /// <summary>The base in layers of local attention, where they have one of their own.</summary>
    public double? RopeLocalTheta { get; init; }

    /// <summary>The part of a head that turns.</summary>
    public double PartialRotary { get; init; } = 1;

    /// <summary>Layers without rotary embedding.</summary>
    public IReadOnlySet<int> NoRopeLayers { get; init; } = new HashSet<int>();

    /// <summary>Positions local attention sees, or null.</summary>
    public long? SlidingWindow { get; init; }

    /// <summary>Layers of local attention, where the file lists kinds of layers.</summary>
    public IReadOnlySet<int> SlidingLayers { get; init; } = new HashSet<int>();

    /// <summary>Positions the model was made for.</summary>
    public long MaxPositions { get; init; }

    /// <summary>The element type the file announces, if it does.</summary>
    public DType? TorchDType { get; init; }

    /// <summary>The sizes of multi-latent attention, or null.</summary>
    public MlaConfig? Mla { get; init; }

    /// <summary>The sizes of gated delta nets, and the layers that are such; null without any. Attention is then gated too.</summary>
    public DeltaNetConfig? DeltaNet { get; init; }

    /// <summary>Layers that predict further tokens; null where no key says.</summary>
    public int? MtpLayers { get; init; }

    /// <summary>Whether the objects of a multimodal config differ on <see cref="TieWordEmbeddings"/>.</summary>
    public bool IsTieDisputed { get; init; }

    /// <summary>The keys of the objects that describe parts of a multimodal model that is there.</summary>
    public IReadOnlySet<string> Parts { get; init; } = new HashSet<string>();

    /// <summary>Whether Megatron's config lists the layers' kinds, so that it names layers by number however they are.</summary>
    public bool ListsLayers { get; init; }

    /// <summary>Whether transformers 5 or a later one wrote the file.</summary>
    public bool IsOfTransformers5 { get; init; }

    /// <summary>How the weights are quantised (<c>quantization_config.quant_method</c>), or null.</summary>
    public string? QuantMethod { get; init; }

    /// <summary>Whether the classes named are the model without its output layer (<c>Qwen3Model</c>, not <c>Qwen3ForCausalLM</c>).</summary>
    public bool IsBaseModel => Architectures.Count > 0 && Architectures.All(name => name.EndsWith("Model", StringComparison.Ordinal));

    /// <summary>Whether any layer has experts.</summary>
    public bool IsMoe => Enumerable.Range(0, Layers).Any(IsMoeLayer);

    /// <summary>Whether every layer is of the same kind, so that Megatron may store one tensor for all of them.</summary>
    public bool IsHomogeneous => Enumerable.Range(0, Layers).All(layer => IsMoeLayer(layer) == IsMoeLayer(0) && IsLinearLayer(layer) == IsLinearLayer(0));

    /// <summary>Whether a layer has linear attention instead of full attention.</summary>
    public bool IsLinearLayer(int layer) => DeltaNet?.Layers.Contains(layer) == true;

    /// <summary>Whether a layer has experts instead of a dense feed-forward layer.</summary>
    public bool IsMoeLayer(int layer) => Experts > 0 && !MlpOnlyLayers.Contains(layer);
}
