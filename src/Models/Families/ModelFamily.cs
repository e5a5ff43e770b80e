using Ckpt.Models.Configs;

namespace Ckpt.Models.Families;

/// <summary>A model family as a table: how its config is read, and which tensors hold the same numbers on both sides.</summary>
/// <param name="Name">The Hugging Face <c>model_type</c>.</param>
/// <param name="Architecture">The class with the output layer, which a rebuilt config names.</param>
/// <param name="Config">How config.json is read.</param>
/// <param name="Rows">The table, in Megatron's module order.</param>
public sealed record ModelFamily(string Name, string Architecture, ConfigRules Config, IReadOnlyList<FamilyRow> Rows)
{
    /// <summary>The choices that rows carry.</summary>
    public IReadOnlyList<FamilyChoice> Choices { get; init; } = [];

    /// <summary>The <c>model_type</c> of the text model's own family; null: this one.</summary>
    public string? Text { get; init; }

    /// <summary>The text models a multimodal family comes with, by <c>model_type</c>; empty: one, which the table has.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Ways in which the files of a multimodal family begin their names, the usual one first; empty for text models.</summary>
    public IReadOnlyList<HfNaming> Namings { get; init; } = [];

    /// <summary>What the Megatron names of the text model begin with where it is one of several parts.</summary>
    public string MegatronPrefix { get; init; } = "";

    /// <summary>Whether there are rows for layers that predict further tokens.</summary>
    public bool HasMtp { get; init; }

    /// <summary>Whether names tell how many such layers there are where no key of the config says.</summary>
    public bool MtpByNames { get; init; }

    /// <summary>How many such layers the files can hold.</summary>
    public int MostMtpLayers { get; init; } = int.MaxValue;

    /// <summary>What the files repeat in every such layer.</summary>
    public IReadOnlyList<MtpCopy> MtpCopies { get; init; } = [];

    /// <summary>Beginnings of the Hugging Face patterns, in the order transformers' modules come.</summary>
    public required IReadOnlyList<string> HfOrder { get; init; }

    /// <summary>The Hugging Face pattern of the embedding, whose name tells how all names begin.</summary>
    public required string HfEmbedding { get; init; }

    /// <summary>The Hugging Face name of the output layer.</summary>
    public required string HfHead { get; init; }

    /// <summary>Megatron arguments that every model of the family has with these values, whatever its config says.</summary>
    public IReadOnlyDictionary<string, object> Args { get; init; } = new Dictionary<string, object>();

    /// <summary>What a config of the family says that Megatron's arguments cannot, so that no config can be rebuilt from them; null: nothing.</summary>
    public string? Untold { get; init; }
}
