using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;

namespace Ckpt.Models.Adapters;

/// <summary>How adapters are merged.</summary>
public sealed record AdapterMergeOptions
{
    /// <summary>The type of changed weights; null: the base's own. Rounding to it is the only rounding.</summary>
    public DType? DType { get; init; }

    /// <summary>Which names the base has; null: told from them.</summary>
    public FamilySide? Naming { get; init; }

    /// <summary>Options of the base's Megatron names that they do not tell (<c>dialect</c>).</summary>
    public IReadOnlyDictionary<string, string> Choices { get; init; } = new Dictionary<string, string>();

    /// <summary>Bytes of factors held at once; those used last stay.</summary>
    public long FactorBytes { get; init; } = 128L << 20;
}
