namespace Ckpt.Inference.Weights;

/// <summary>A matrix that maps <paramref name="Columns"/> inputs to <paramref name="Rows"/> outputs, and where in a tensor it lies.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
public sealed record WeightMatrix(string Name, int Rows, int Columns)
{
    /// <summary>Index on a first axis of experts; null where the tensor has none.</summary>
    public int? Expert { get; init; }

    /// <summary>The output axis' index of the first row.</summary>
    public int FirstRow { get; init; }

    /// <summary>The input axis' index of the first column.</summary>
    internal int FirstColumn { get; init; }

    /// <summary>From one row to the next.</summary>
    public int RowStep { get; init; } = 1;

    /// <summary>Whether the tensor has inputs before outputs.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>The tensor's axis of inputs.</summary>
    internal int InputAxis => (Expert is null ? 0 : 1) + (IsTransposed ? 0 : 1);

    /// <summary>A tensor added to the outputs, cut as the matrix is; null where there is none.</summary>
    public string? Bias { get; init; }
}
