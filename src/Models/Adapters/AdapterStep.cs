using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Elements;

namespace Ckpt.Models.Adapters;

/// <summary>A region of a stored tensor that takes its elements from a tensor of the adapter.</summary>
/// <param name="Rows">Rows of the tensor.</param>
/// <param name="Columns">Columns of the tensor.</param>
/// <param name="Saved">What is saved, and where it lies.</param>
/// <param name="Runs">From the saved tensor's stored axes to the changed tensor's.</param>
sealed record CopyPiece(AxisRun Rows, AxisRun Columns, TensorSingles Saved, LinkedRuns Runs);

/// <summary>What one adapter does to one stored tensor: first it replaces, then it adds.</summary>
sealed record AdapterStep(IReadOnlyList<CopyPiece> Copies, DeltaIndex Deltas);
