using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.TrainerTests.Datasets;

/// <summary>Expected orders were printed by torch 2.14.1's randperm and Megatron-LM's random sampler around it.</summary>
public sealed class TrainingSamplerTests
{
    [Fact, Clause("TRL-2.1")]
    public void PermutationsAreThoseOfTorch()
    {
        Assert.Equal([4, 1, 7, 5, 3, 9, 0, 8, 6, 2], TorchPermutation.Of(10, 0));
        Assert.Equal([0, 6, 1, 3, 5, 2, 4], TorchPermutation.Of(7, 1));
        Assert.Equal([10, 9, 1, 6, 4, 11, 3, 7, 2, 0, 8, 5], TorchPermutation.Of(12, 3));
        // A thousand draws take two rounds of the generator's state.
        var many = TorchPermutation.Of(1000, 5);
        Assert.Equal([411, 49, 291, 695, 678], many[..5]);
        Assert.Equal([934, 226, 389, 935, 655], many[^5..]);
        Assert.Equal(253045579, many.Select((x, i) => (long)x * i).Sum());
    }

    [Fact, Clause("TRL-2.2")]
    public void RanksTakeTheRowsThatMegatronGivesThem()
    {
        Assert.Equal([[8, 5], [7, 2], [3, 11], [1, 6], [11, 5], [2, 10], [0, 3], [10, 6]], Taken(12, 2, 2, 0, 8));
        Assert.Equal([[0, 9], [4, 10], [1, 6], [4, 8], [0, 3], [9, 7], [9, 2], [5, 7]], Taken(12, 2, 2, 1, 8));
        Assert.Equal([[4, 0], [7, 3], [2, 5], [1, 6], [5, 4], [2, 6]], Taken(9, 2, 1, 0, 6));
        Assert.Equal([[0], [8], [10], [1], [7], [0], [2], [10]], Taken(13, 1, 3, 2, 8));
        Assert.Equal([[2, 5], [3, 0], [1, 4], [1, 5], [2, 0], [3, 4], [0, 3], [1, 2]], Taken(12, 2, 2, 0, 8, sharding: true));
        Assert.Equal([[8, 11], [9, 6], [7, 10], [7, 11], [8, 6], [9, 10], [6, 9], [7, 8]], Taken(12, 2, 2, 1, 8, sharding: true));
    }

    [Fact, Clause("TRL-2.2")]
    public void AnEpochTakesEveryRowOnceAtMostAndRanksTakeDifferentOnes()
    {
        var cases = from micro in Gen.Choose(1, 4)
                    from data in Gen.Choose(1, 4)
                    from total in Gen.Choose(micro * data, 80)
                    from sharding in Gen.Elements(true, false)
                    from epoch in Gen.Choose(0, 3)
                    select (micro, data, total, sharding, epoch);
        Law.Holds(cases, c =>
        {
            var geometry = new BatchGeometry(c.micro, c.micro * c.data, c.data);
            var taken = new List<int>();
            var rounds = c.total / geometry.Together;
            for (var rank = 0; rank < c.data; rank++)
            {
                var sampler = new TrainingSampler(c.total, geometry, rank, new SamplerOptions(true, c.sharding));
                for (var round = 0; round < rounds; round++) { taken.AddRange(sampler.MicroBatch(((long)c.epoch * sampler.EpochRows) + ((long)round * geometry.Together))); }
            }
            return taken.Count == rounds * geometry.Together && taken.Distinct().Count() == taken.Count && taken.All(t => t >= 0 && t < c.total);
        });
    }

    [Fact, Clause("TRL-2.2")]
    public void WithoutShufflingRowsKeepTheirOrder()
    {
        var sampler = new TrainingSampler(7, new BatchGeometry(1, 2, 2), 1, new SamplerOptions(Shuffle: false));
        Assert.Equal([1, 3, 5, 1], ((long[])[0, 2, 4, 6]).SelectMany(sampler.MicroBatch));
    }

    [Fact, Clause("TRL-2.3"), Clause("TRL-2.4"), Clause("TRL-1.1")]
    public void WhatDoesNotComeOutEvenIsRefused()
    {
        Assert.Equal("TRL-2.3", Assert.Throws<LayoutException>(() => new TrainingSampler(3, new BatchGeometry(2, 4, 2), 0, new SamplerOptions())).Clause);
        Assert.Equal("TRL-2.4", Assert.Throws<LayoutException>(() => new TrainingSampler(8, new BatchGeometry(2, 4, 2), 0, new SamplerOptions()).MicroBatch(6)).Clause);
        Assert.Equal("TRL-1.1", Assert.Throws<LayoutException>(() => new BatchGeometry(2, 6, 2)).Clause);
        Assert.Equal("TRL-1.1", Assert.Throws<LayoutException>(() => new BatchGeometry(0, 6, 2)).Clause);
    }

    static List<int[]> Taken(int total, int micro, int data, int rank, int count, bool sharding = false)
    {
        var geometry = new BatchGeometry(micro, micro * data, data);
        var sampler = new TrainingSampler(total, geometry, rank, new SamplerOptions(true, sharding));
        return [.. Enumerable.Range(0, count).Select(i => sampler.MicroBatch((long)i * geometry.Together))];
    }
}
