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
