namespace Ckpt.Models.Adapters;

/// <summary>
/// One low-rank change of one weight: W + scaling · B·A for a weight stored [out, in], its transpose for one stored [in, out]. Names are Hugging
/// Face's, and experts stand one by one.
/// </summary>
/// <param name="Name">The module, or for a weight that is a parameter of its own the parameter; from the model's root.</param>
/// <param name="Weight">The tensor that is changed.</param>
/// <param name="Expert">Which index of its first axis, or -1 for a tensor of one matrix.</param>
/// <param name="A">[rank, in].</param>
/// <param name="B">[out, rank].</param>
/// <param name="Scaling">What B·A is multiplied by.</param>
public sealed record LoraModule(string Name, string Weight, int Expert, FactorSource A, FactorSource B, double Scaling)
{
    /// <summary>Whether the weight is stored [in, out]: embeddings, fan_in_fan_out, some fused experts.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>DoRA's magnitudes, one per row of the weight, or null.</summary>
    public FactorSource? Magnitude { get; init; }

    /// <summary>The bias of B, which is added to <see cref="Bias"/> after scaling, or null.</summary>
    public FactorSource? BiasDelta { get; init; }

    /// <summary>The bias tensor that <see cref="BiasDelta"/> changes, or null.</summary>
    public string? Bias { get; init; }

    /// <summary>The rank.</summary>
    public int Rank => (int)A.Rows;

    /// <summary>Rows of the changed matrix as it is stored.</summary>
    internal long Rows => IsTransposed ? A.Columns : B.Rows;

    /// <summary>Columns of the changed matrix as it is stored.</summary>
    internal long Columns => IsTransposed ? B.Rows : A.Columns;
}
