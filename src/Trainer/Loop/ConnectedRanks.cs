using System.Text;
using Ckpt.Torch.Distributed;
using Ckpt.Trainer.Checkpoints;
using Ckpt.Trainer.Loop.Arguments;
using Ckpt.Trainer.Parallel;
using static Ckpt.Torch.torch;

namespace Ckpt.Trainer.Loop;

/// <summary>The ranks of a run over c10d: groups for tensors and for data, and what the loop and checkpoints tell each other.</summary>
public sealed class ConnectedRanks : IRankGroup, IRankExchange, IDisposable
{
    readonly TcpStore? _store;

    /// <summary>Meets the others; returns when all have come.</summary>
    public ConnectedRanks(PlaceArguments place)
    {
        var (tensor, data) = (place.TensorParallel, place.DataParallel);
        var (tensorRank, dataRank) = (place.Rank % tensor, place.Rank / tensor);
        if (place.World == 1)
        {
            Place = ParallelPlace.Alone;
            return;
        }
        var timeout = TimeSpan.FromSeconds(Math.Min(place.Timeout, int.MaxValue / 1000));
        _store = new TcpStore(place.MasterAddress!, place.MasterPort, place.World, place.Rank == 0, timeout);
        var world = ProcessGroup.Gloo(_store, "world", place.Rank, place.World, timeout);
        // Ranks that agree in one coordinate are a group of the other.
        var tensors = ProcessGroup.Gloo(_store, $"tensor-{dataRank}", tensorRank, tensor, timeout);
        var datas = ProcessGroup.Gloo(_store, $"data-{tensorRank}", dataRank, data, timeout);
        Place = new ParallelPlace(place.World, place.Rank, tensor, tensorRank, data, dataRank, tensors, datas, world, place.SequenceParallel);
    }

    /// <summary>This rank's place, with its groups.</summary>
    public ParallelPlace Place { get; }

    public int Rank => Place.Rank;

    public int Size => Place.World;

    public int DataRank => Place.DataRank;

    public int DataParallel => Place.DataParallel;

    public void SumOverData(Span<double> numbers)
    {
        if (DataParallel > 1) { Reduce(Place.DataGroup, numbers, ReduceOp.SUM); }
    }

    public bool Any(bool here)
    {
        if (Size == 1) { return here; }
        Span<double> vote = [here ? 1 : 0];
        Reduce(Place.WorldGroup, vote, ReduceOp.MAX);
        return vote[0] > 0;
    }

    public string FromFirst(string text) => Size == 1 ? text : Encoding.UTF8.GetString(Gather(Rank == 0 ? Encoding.UTF8.GetBytes(text) : [])[0]);

    public void Barrier() => Place.WorldGroup.barrier();

    public IReadOnlyList<byte[]> Gather(byte[] own)
    {
        if (Size == 1) { return [own]; }
        using var scope = NewDisposeScope();
        var lengths = zeros([Size], Torch.ScalarType.Int64);
        Place.WorldGroup.all_gather_into_tensor(lengths, tensor([(long)own.Length]));
        var all = lengths.ToArray<long>();
        var longest = (int)all.Max();
        if (longest == 0) { return [.. all.Select(_ => Array.Empty<byte>())]; }
        var padded = new byte[longest];
        own.CopyTo(padded, 0);
        var bytes = zeros([(long)Size * longest], Torch.ScalarType.Byte);
        Place.WorldGroup.all_gather_into_tensor(bytes, tensor(padded));
        var whole = bytes.ToArray<byte>();
        return [.. all.Select((length, rank) => whole.AsSpan(rank * longest, (int)length).ToArray())];
    }

    public void Dispose()
    {
        if (Size == 1) { return; }
        // Nobody leaves, and takes the store away, while another still waits.
        Place.DataGroup.Dispose();
        Place.TensorGroup.Dispose();
        Place.WorldGroup.Dispose();
        _store?.Dispose();
    }

    static void Reduce(ProcessGroup group, Span<double> numbers, ReduceOp how)
    {
        using var scope = NewDisposeScope();
        var sent = tensor(numbers, [numbers.Length]);
        group.all_reduce(sent, how);
        sent.CopyTo(numbers);
    }
}
