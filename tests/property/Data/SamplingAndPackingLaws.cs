using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Data.Packing;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Data;

/// <summary>Which rows, in which order, together with which.</summary>
public sealed class SamplingAndPackingLaws
{
    [Fact, Clause("DAT-4.1")]
    public void TheGeneratorIsSplitMix64()
    {
        // The first numbers of seed 1234567, as Vigna's splitmix64.c gives them.
        var numbers = new SeededNumbers(1234567);

        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL, 4593380528125082431UL, 16408922859458223821UL], [numbers.Next(), numbers.Next(), numbers.Next(), numbers.Next(), numbers.Next()]);
    }

    [Fact, Clause("DAT-4.1")]
    public void AShuffleIsAPermutationThatTheSeedDecides()
    {
        Law.Holds(from n in Gen.Choose(0, 300) from seed in Gen.Choose(0, 1000) select (n, seed), c =>
            DatasetSampling.Shuffled(c.n, (ulong)c.seed).Order().SequenceEqual(Enumerable.Range(0, c.n))
            && DatasetSampling.Shuffled(c.n, (ulong)c.seed).SequenceEqual(DatasetSampling.Shuffled(c.n, (ulong)c.seed))
            && DatasetSampling.Buffered(Enumerable.Range(0, c.n), 1 + (c.seed % 40), (ulong)c.seed).Order().SequenceEqual(Enumerable.Range(0, c.n)));
    }

    [Fact, Clause("DAT-4.2")]
    public void ACountIsKept()
    {
        Law.Holds(from have in Gen.Choose(1, 60) from want in Gen.Choose(0, 200) select (have, want), c =>
        {
            var chosen = DatasetSampling.Choose(c.have, c.want, 5);
            var times = Enumerable.Range(0, c.have).Select(i => chosen.Count(x => x == i)).ToList();
            return chosen.Count == c.want && times.TrueForAll(t => t == c.want / c.have || t == (c.want / c.have) + 1);
        });
        Assert.Equal("DAT-4.2", Assert.Throws<MalformedDataException>(() => DatasetSampling.Choose(0, 3, 5)).Clause);
    }

    [Fact, Clause("DAT-4.3")]
    public void ASplitDividesTheRows()
    {
        Law.Holds(from n in Gen.Choose(0, 300) from percent in Gen.Choose(0, 99) select (n, percent), c =>
        {
            var (training, validation) = DatasetSampling.Split(c.n, c.percent / 100.0, 3);
            return training.Concat(validation).Order().SequenceEqual(Enumerable.Range(0, c.n))
                && (c.n < 2 || c.percent == 0 ? validation.Count == 0 : validation.Count >= 1 && training.Count >= 1 && Math.Abs(validation.Count - (c.n * c.percent / 100.0)) <= 1);
        });
        Assert.Equal("DAT-4.3", Assert.Throws<MalformedDataException>(() => DatasetSampling.Split(10, 1, 3)).Clause);
        Assert.Equal("DAT-4.3", Assert.Throws<MalformedDataException>(() => DatasetSampling.Split(10, double.NaN, 3)).Clause);
    }

    [Fact, Clause("DAT-4.4")]
    public void MixingKeepsTheOrderOfEachSource()
    {
        Law.Holds(from a in Gen.Choose(1, 40) from b in Gen.Choose(1, 40) from seed in Gen.Choose(0, 99) select (a, b, seed), c =>
        {
            IEnumerable<int>[] sources = [Enumerable.Range(0, c.a), Enumerable.Range(1000, c.b)];
            var all = DatasetMixing.Mix(sources, MixStrategy.Concat, null, 1).ToList();
            var under = DatasetMixing.Mix(sources, MixStrategy.InterleaveUnder, [2, 1], (ulong)c.seed).ToList();
            var over = DatasetMixing.Mix(sources, MixStrategy.InterleaveOver, [2, 1], (ulong)c.seed).ToList();
            return all.SequenceEqual(sources[0].Concat(sources[1]))
                && under.Where(x => x < 1000).SequenceEqual(Enumerable.Range(0, under.Count(x => x < 1000)))
                && (under.Count(x => x < 1000) == c.a || under.Count(x => x >= 1000) == c.b)
                && sources.All(s => s.All(over.Contains));
        });
        Assert.Equal("DAT-4.4", Assert.Throws<MalformedDataException>(() => DatasetMixing.Mix<int>([[1], [2]], MixStrategy.InterleaveOver, [1], 1)).Clause);
    }

    [Fact, Clause("DAT-5.1")]
    public void NothingIsLongerThanTheBound()
    {
        Law.Holds(from n in Gen.Choose(1, 60) from most in Gen.Choose(1, 40) select (n, most), c =>
        {
            var ids = Enumerable.Range(0, c.n).ToArray();
            var sample = new EncodedSample(ids, ids);
            int[] Ids(LengthStrategy s) => [.. s.Apply(sample, c.most).SelectMany(x => x.Ids)];
            return c.n <= c.most ? Enum.GetValues<LengthStrategy>().All(s => Ids(s).SequenceEqual(ids))
                : Ids(LengthStrategy.Delete).Length == 0
                    && Ids(LengthStrategy.Left).SequenceEqual(ids.TakeLast(c.most))
                    && Ids(LengthStrategy.Right).SequenceEqual(ids.Take(c.most))
                    && Ids(LengthStrategy.Split).SequenceEqual(ids) && LengthStrategy.Split.Apply(sample, c.most).All(x => x.Length <= c.most && x.Labels.SequenceEqual(x.Ids));
        });
    }

    [Fact, Clause("DAT-5.2"), Clause("DAT-5.3"), Clause("DAT-5.4")]
    public void EverySampleIsInOnePackThatHoldsIt()
    {
        Law.Holds(from lengths in Gen.ArrayOf(Gen.Choose(0, 32)) from capacity in Gen.Choose(32, 64) select (lengths, capacity), c =>
            new[] { PackPlan.BestFitDecreasing(c.lengths, c.capacity), PackPlan.Sequential(c.lengths, c.capacity), PackPlan.GreedyKnapsack(c.lengths, c.capacity) }.All(packs =>
                packs.SelectMany(p => p).Order().SequenceEqual(Enumerable.Range(0, c.lengths.Length)) && packs.All(p => p.Count > 0 && p.Sum(i => c.lengths[i]) <= c.capacity)), 500);
    }

    [Fact, Clause("DAT-5.2")]
    public void BestFitIsThePlainSearch()
    {
        Law.Holds(from lengths in Gen.ArrayOf(Gen.Choose(1, 32)) from capacity in Gen.Choose(32, 64) select (lengths, capacity), c =>
        {
            var packs = new List<List<int>>();
            foreach (var i in Enumerable.Range(0, c.lengths.Length).OrderByDescending(i => c.lengths[i]))
            {
                int Room(List<int> pack) => c.capacity - pack.Sum(x => c.lengths[x]);
                var best = packs.Where(p => Room(p) >= c.lengths[i]).MinBy(Room);
                if (best is null) { packs.Add(best = []); }
                best.Add(i);
            }
            return packs.Select(p => string.Join(' ', p)).SequenceEqual(PackPlan.BestFitDecreasing(c.lengths, c.capacity).Select(p => string.Join(' ', p)));
        });
    }

    [Fact, Clause("DAT-5.3")]
    public void SequentialPacksKeepTheOrder() =>
        Assert.Equal(["0 1", "2 3", "4"], PackPlan.Sequential([5, 5, 8, 1, 9], 10).Select(p => string.Join(' ', p)));

    [Fact, Clause("DAT-5.4")]
    public void TheKnapsackTakesTheLongestAndOfEqualOnesTheLast() =>
        Assert.Equal(["3 2", "1 0"], PackPlan.GreedyKnapsack([5, 5, 5, 5], 11).Select(p => string.Join(' ', p)));

    [Fact, Clause("DAT-5.5")]
    public void PositionsBeginAnewInEachSample()
    {
        var packed = PackedSequence.Of([new([7, 8, 9], [7, 8, 9]), new([1, 2], [-100, 2]), new([5], [5])]);

        Assert.Equal([7, 8, 9, 1, 2, 5], packed.Ids);
        Assert.Equal([-100, 8, 9, -100, 2, -100], packed.Labels);
        Assert.Equal([0, 1, 2, 0, 1, 0], packed.Positions);
        Assert.Equal([0, 3, 5, 6], packed.Boundaries);
    }

    [Fact, Clause("DAT-5.6")]
    public void QuestionAndAnswerShareWhatThereIs()
    {
        // 2·target < most, 2·source < most, and neither: the three cases of the rule, by hand.
        Assert.Equal((8, 2), PairBudget.Fair(20, 2, 10));
        Assert.Equal((2, 8), PairBudget.Fair(2, 20, 10));
        Assert.Equal((5, 5), PairBudget.Fair(20, 20, 10));
        Assert.Equal((9, 1), PairBudget.Proportional(100, 1, 10));
        Law.Holds(from s in Gen.Choose(0, 50) from t in Gen.Choose(0, 50) from most in Gen.Choose(1, 60) select (s, t, most), c =>
        {
            var (a, b) = PairBudget.Fair(c.s, c.t, c.most);
            var (d, e) = PairBudget.Proportional(c.s, c.t, c.most);
            return a >= 0 && a <= c.s && b >= 0 && b <= c.t && a + b <= c.most && d >= 0 && d <= c.s && e >= 0 && e <= c.t && d + e <= c.most;
        });
    }
}
