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

    /// <summary>Twice the width of the residual stream: an embedding beside a hidden state.</summary>
    TwiceHidden,

    /// <summary>Rows of all query heads with a gate each.</summary>
    GatedQueryRows,

    /// <summary>Width of the latent of queries.</summary>
    QueryLora,

    /// <summary>Width of the latent of keys and values.</summary>
    KvLora,

    /// <summary>Rows of all heads' queries in multi-latent attention, with and without rotary embedding.</summary>
    MlaQueryRows,

    /// <summary>The rows of those without rotary embedding.</summary>
    MlaNopeRows,

    /// <summary>The rows of those with rotary embedding.</summary>
    MlaRopeRows,

    /// <summary>Rows of all heads' values in multi-latent attention.</summary>
    MlaValueRows,

    /// <summary>Rows down to the latent of keys and values and to the one rotary key.</summary>
    KvDownRows,

    /// <summary>Rows up to all heads' keys without rotary embedding and values.</summary>
    KvUpRows,

    /// <summary>Key heads of linear attention.</summary>
    LinearKeyHeads,

    /// <summary>Value heads of linear attention.</summary>
    LinearValueHeads,

    /// <summary>Rows of all key (or query) heads of linear attention.</summary>
    LinearKeyRows,

    /// <summary>Rows of all value heads of linear attention.</summary>
    LinearValueRows,

    /// <summary>Size of a value head of linear attention.</summary>
    LinearValueDim,

    /// <summary>Positions the convolution of linear attention spans.</summary>
    ConvKernel,

    /// <summary>Width of the experts that every token goes to, all together.</summary>
    SharedFfn,
}
