using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Bridge;

/// <summary>What, besides the family and the config, decides the names and shapes of the two sides.</summary>
public sealed record BridgeOptions
{
    /// <summary>Whether a Hugging Face name is present; null where that side is to be written.</summary>
    public Predicate<string>? HfHas { get; init; }

    /// <summary>Whether a Megatron name is present; null where that side is to be written.</summary>
    public Predicate<string>? MegatronHas { get; init; }

    /// <summary>Rows of the Megatron embedding and output layer; 0: the vocabulary, without padding.</summary>
    public long PaddedVocab { get; init; }

    /// <summary>How Megatron keys name layers.</summary>
    public KeyForm KeyForm { get; init; }

    /// <summary>Options by choice (<see cref="Families.FamilyChoice"/>), where they are not to be told from the names present.</summary>
    public IReadOnlyDictionary<string, string> Choices { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// What every Hugging Face name begins with, <c>model.</c> or nothing; null: told from the names present, else from the classes
    /// that the config names. Without <c>model.</c> and without an output layer present, there is none.
    /// </summary>
    public string? HfPrefix { get; init; }

    /// <summary>
    /// What every Megatron name begins with, where a front end wrapped the model (<c>model.</c>, <c>module.</c>, <c>language_model.</c>); null: what the
    /// family's names begin with where they are written.
    /// </summary>
    public string? MegatronPrefix { get; init; }

    /// <summary>The tensors of the Hugging Face side where it is read; tells more than <see cref="HfHas"/>, and what is carried over as it is.</summary>
    public IReadOnlyList<TensorInfo>? HfTensors { get; init; }

    /// <summary>Names and shapes of the Megatron side where it is read, likewise.</summary>
    public IReadOnlyDictionary<string, Shape>? MegatronTensors { get; init; }

    /// <summary>Layers that predict further tokens to convert; null: as many as the config says, which must be those there are.</summary>
    public int? MtpLayers { get; init; }
}
