using Ckpt.Torch.Distributed;
using Ckpt.Trainer.Parallel;

namespace Ckpt.TrainerTests.Modeling;

/// <summary>Ranks as threads of this process, each with process groups of its own over one store.</summary>
static class RankThreads
{
    static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    /// <summary>Runs a body on every rank of a layout; results by rank.</summary>
    internal static T[] Run<T>(int tensor, int data, bool sequence, Func<ParallelPlace, T> body)
    {
        var world = tensor * data;
        using var store = new HashStore(s_timeout);
        var results = new T[world];
        var faults = new Exception?[world];
        var threads = Enumerable.Range(0, world).Select(rank => new Thread(() =>
        {
            try { results[rank] = On(store, rank, tensor, data, sequence, body); }
            catch (Exception fault) { faults[rank] = fault; }
        }, 16 << 20)).ToArray();
        foreach (var thread in threads) { thread.Start(); }
        foreach (var thread in threads) { thread.Join(); }
        if (faults.Any(static fault => fault is not null)) { throw new AggregateException(faults.OfType<Exception>()); }
        return results;
    }

    static T On<T>(Store store, int rank, int tensor, int data, bool sequence, Func<ParallelPlace, T> body)
    {
        var (tensorRank, dataRank) = (rank % tensor, rank / tensor);
        using var tensorGroup = Group($"tensor{dataRank}", tensorRank, tensor);
        using var dataGroup = Group($"data{tensorRank}", dataRank, data);
        using var worldGroup = Group("world", rank, tensor * data);
        return body(new ParallelPlace(tensor * data, rank, tensor, tensorRank, data, dataRank, tensorGroup, dataGroup, worldGroup, sequence));

        ProcessGroup Group(string prefix, int place, int size) => size == 1 ? ProcessGroup.Alone : ProcessGroup.Gloo(store, prefix, place, size, s_timeout);
    }
}
