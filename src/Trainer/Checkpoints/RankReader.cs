using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Sharding.Holding;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>
/// A checkpoint seen as one rank's own tensors, whatever it is stored as: of each only the elements this rank has are read. Members may be called from
/// several threads at once.
/// </summary>
public sealed class RankReader : IDisposable
{
    readonly ICheckpointReader _mapped;
    readonly Dictionary<string, TensorInfo> _tensors;

    RankReader(ICheckpointReader mapped)
    {
        _mapped = mapped;
        _tensors = mapped.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The rank's tensors.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _mapped.Tensors;

    /// <summary>A source as a rank sees it.</summary>
    /// <param name="source">The source, whose tensors are the map's left side; disposed with the result.</param>
    /// <param name="map">To the global tensors of torch_dist.</param>
    /// <param name="tensors">Which ranks there are.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="byRank">Whether the map's right side has adapters of gated layers in the order of ranks.</param>
    /// <param name="cast">The type wanted; null: as it is stored.</param>
    /// <exception cref="CheckpointException">The source does not fit.</exception>
    public static RankReader Of(ICheckpointReader source, TensorMap map, RankTensors tensors, int rank, bool byRank, DType? cast)
    {
        var held = tensors.Held([.. map.Right.Tensors.Select(static tensor => new GlobalTensor(tensor.Name, DType.F32, tensor.StoredShape))], byRank);
        var types = map.Right.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.HeldAs, StringComparer.Ordinal);
        var own = HeldMap.Of(held, rank, name => types[name]);
        var shifted = ShiftedTensor.Through(source, map);
        // Composed, a rank's elements are read where they lie; where the middle side is seen in finer axes, through a view of all of it.
        return map.Right.Tensors.Any(static tensor => tensor.Shape != tensor.StoredShape)
            ? new RankReader(new MappedCheckpoint(new MappedCheckpoint(shifted, map, cast), own))
            : new RankReader(new MappedCheckpoint(shifted, MapComposition.Compose(map, own), cast));
    }

    /// <summary>A tensor of the rank by its name; null where there is none.</summary>
    public TensorInfo? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Reads bytes of a tensor, which is row-major.</summary>
    public void Read(TensorInfo tensor, long offset, Span<byte> destination) => _mapped.Locate(tensor, 0).Source.ReadExactly(offset, destination);

    public void Dispose() => _mapped.Dispose();
}
