namespace Ckpt.Models.Families;

/// <summary>A size that a family's table names and a model's config gives.</summary>
public enum Dim
{
    /// <summary>1.</summary>
    One,

    /// <summary>Width of the residual stream.</summary>
    Hidden,

    /// <summary>Query heads.</summary>
    Heads,

    /// <summary>Key/value heads.</summary>
    KvGroups,

    /// <summary>Size of a head.</summary>
    HeadDim,

    /// <summary>Rows of all query heads: heads times head size.</summary>
    QueryRows,

    /// <summary>Rows of all key (or value) heads: groups times head size.</summary>
    KeyRows,

    /// <summary>Width of a dense feed-forward layer.</summary>
    Ffn,

    /// <summary>Width of one expert.</summary>
    MoeFfn,

    /// <summary>Experts of a layer.</summary>
    Experts,

    /// <summary>Rows of the embedding without padding. The Megatron side may have more.</summary>
    Vocab,

    /// <summary>Width of the experts that every token goes to, all together.</summary>
    SharedFfn,
}
