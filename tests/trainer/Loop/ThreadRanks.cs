using Ckpt.Trainer.Loop;

namespace Ckpt.TrainerTests.Loop;

/// <summary>Ranks with data of their own as threads of this process.</summary>
sealed class ThreadRanks(int count) : IDisposable
{
    readonly Barrier _barrier = new(count);
    readonly double[][] _numbers = new double[count][];
    readonly string[] _texts = new string[count];

    /// <summary>Runs every rank on a thread of its own.</summary>
    internal T[] Run<T>(Func<IRankGroup, T> rank)
    {
        var results = new T[count];
        var threads = Enumerable.Range(0, count).Select(r => new Thread(() => results[r] = rank(new Member(this, r, count)))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return results;
    }

    public void Dispose() => _barrier.Dispose();

    sealed class Member(ThreadRanks all, int rank, int count) : IRankGroup
    {
        public int Rank => rank;

        public int DataRank => rank;

        public int DataParallel => count;

        public void SumOverData(Span<double> numbers)
        {
            all._numbers[rank] = numbers.ToArray();
            all._barrier.SignalAndWait();
            for (var i = 0; i < numbers.Length; i++) { numbers[i] = all._numbers.Sum(n => n[i]); }
            all._barrier.SignalAndWait();
        }

        public bool Any(bool here)
        {
            double[] votes = [here ? 1 : 0];
            SumOverData(votes);
            return votes[0] > 0;
        }

        public string FromFirst(string text)
        {
            all._texts[rank] = text;
            all._barrier.SignalAndWait();
            return all._texts[0];
        }
    }
}
