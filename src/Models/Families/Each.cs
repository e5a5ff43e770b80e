namespace Ckpt.Models.Families;

/// <summary>How often a row of a table is there.</summary>
public enum Each
{
    /// <summary>Once in the model.</summary>
    Model,

    /// <summary>Once in every layer that the row's conditions let in.</summary>
    Layer,

    /// <summary>Once for every expert of every such layer.</summary>
    Expert,
}
