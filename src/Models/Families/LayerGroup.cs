namespace Ckpt.Models.Families;

/// <summary>The stacks of layers a model has, in which rows of a table repeat.</summary>
public enum LayerGroup
{
    /// <summary>The layers of the decoder; {L} in a pattern is the number of one.</summary>
    Decoder,

    /// <summary>
    /// The layers that predict further tokens (MTP); {M} in a pattern is the number of one, {N} the same counted on from the decoder's layers.
    /// </summary>
    Mtp,
}
