using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>A low-rank change of a region of a stored tensor, whose rows are counted over all axes but the last.</summary>
/// <param name="Name">The changed weight, by the name a receipt gives it.</param>
/// <param name="Rows">Rows of the tensor.</param>
/// <param name="Columns">Columns of the tensor.</param>
/// <param name="SourceRows">For each of the rows, the row of the left factor.</param>
/// <param name="Left">The left factor, one row per source row.</param>
/// <param name="Right">The right factor, its columns those of the region.</param>
/// <param name="Rank">Columns of the left factor.</param>
/// <param name="Scaling">What the product is multiplied by.</param>
/// <param name="Magnitude">DoRA's magnitudes by source row, or null.</param>
sealed record DeltaPiece(string Name, AxisRun Rows, AxisRun Columns, AxisRun SourceRows, FactorView Left, FactorView Right, int Rank, float Scaling, FactorView? Magnitude);

/// <summary>A region of a stored tensor that takes its elements from a tensor of the adapter.</summary>
/// <param name="Rows">Rows of the tensor.</param>
/// <param name="Columns">Columns of the tensor.</param>
/// <param name="Saved">What is saved, and where it lies.</param>
/// <param name="Runs">From the saved tensor's stored axes to the changed tensor's.</param>
sealed record CopyPiece(AxisRun Rows, AxisRun Columns, Ckpt.Sharding.Elements.TensorSingles Saved, LinkedRuns Runs);

/// <summary>What one adapter does to one stored tensor: first it replaces, then it adds.</summary>
sealed record AdapterStep(IReadOnlyList<CopyPiece> Copies, IReadOnlyList<DeltaPiece> Deltas);
