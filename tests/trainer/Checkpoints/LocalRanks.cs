using System.Runtime.ExceptionServices;
using Ckpt.Trainer.Checkpoints;

namespace Ckpt.TrainerTests.Checkpoints;

/// <summary>Ranks as threads of this process.</summary>
static class LocalRanks
{
    /// <summary>Does the same on every rank; the first failure is thrown when all have ended.</summary>
    internal static T[] Run<T>(int tensor, int data, Func<TrainerRanks, T> work)
    {
        var size = tensor * data;
        using var meeting = new Barrier(size);
        var slots = new byte[size][];
        var results = new T[size];
        var failures = new Exception?[size];
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try { results[rank] = work(new TrainerRanks(tensor, data, new Exchange(rank, slots, meeting))); }
            catch (Exception error) { failures[rank] = error; }
            finally { meeting.RemoveParticipant(); }
        })).ToArray();
        foreach (var thread in threads) { thread.Start(); }
        foreach (var thread in threads) { thread.Join(); }
        if (failures.FirstOrDefault(static error => error is not null and not TrainerCheckpointException) is { } own) { ExceptionDispatchInfo.Throw(own); }
        return results;
    }

    sealed class Exchange(int rank, byte[][] slots, Barrier meeting) : IRankExchange
    {
        public int Rank => rank;

        public int Size => slots.Length;

        public void Barrier() => meeting.SignalAndWait();

        public IReadOnlyList<byte[]> Gather(byte[] own)
        {
            slots[rank] = own;
            meeting.SignalAndWait();
            byte[][] all = [.. slots];
            meeting.SignalAndWait();
            return all;
        }
    }
}
