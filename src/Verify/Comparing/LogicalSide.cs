using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;

namespace Ckpt.Verify.Comparing;

/// <summary>A checkpoint that is compared, and what its tensors are called in the comparison.</summary>
/// <param name="Reader">The checkpoint; stays the caller's.</param>
/// <param name="Map">From its tensors (left) to the common names (right); null: its own names are the common ones.</param>
public readonly record struct LogicalSide(ICheckpointReader Reader, TensorMap? Map)
{
    /// <summary>The checkpoint under the common names.</summary>
    internal ICheckpointReader Named => Map is null ? Reader : new MappedCheckpoint(ShiftedTensor.Through(Reader, Map), Map);
}
