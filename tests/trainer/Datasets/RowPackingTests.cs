using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.TrainerTests.Datasets;

public sealed class RowPackingTests
{
    [Fact, Clause("TRL-3.2")]
    public void LongRowsGoFirstToWhereTheyFitBest()
    {
        // 7 and 3 fill a pack; 6 and 4 another; 2 stays.
        Assert.Equal([[1, 2], [0, 3], [4]], RowPacking.Plan([6, 7, 3, 4, 2], 10, PackingStrategy.BinPack));
        Assert.Equal([[0], [1, 2], [3, 4]], RowPacking.Plan([6, 7, 3, 4, 2], 10, PackingStrategy.Sequential));
    }

    [Fact, Clause("TRL-3.2")]
    public void TheLastPackOfARoundIsOpenedAgain()
    {
        // 999 full rows and one of 4; of the next round, the one of 6 belongs to it.
        var lengths = Enumerable.Repeat(10, RowPacking.Round - 1).Append(4).Append(6).Append(10).ToList();
        var plan = RowPacking.Plan(lengths, 10, PackingStrategy.BinPack);
        Assert.Contains(plan, pack => pack.Order().SequenceEqual([RowPacking.Round - 1, RowPacking.Round]));
        Assert.Equal(RowPacking.Round + 1, plan.Count);
    }

    [Fact, Clause("TRL-3.2")]
    public void AStreamIsPackedAsWhatIsThere()
    {
        var cases = from count in Gen.Choose(1, 2500)
                    from seed in Gen.Choose(0, int.MaxValue)
                    from strategy in Gen.Elements(PackingStrategy.BinPack, PackingStrategy.Sequential)
                    select (count, seed, strategy);
        Law.Holds(cases, c =>
        {
            var random = new Random(c.seed);
            var rows = Enumerable.Range(0, c.count).Select(i => Row(i, random.Next(1, 40))).ToList();
            var plan = RowPacking.Plan([.. rows.Select(r => r.Length)], 40, c.strategy);
            var packed = new PackedRows(rows, plan).ToList();
            var streamed = RowPacking.Stream(rows, 40, c.strategy).ToList();
            return plan.SelectMany(p => p).Order().SequenceEqual(Enumerable.Range(0, c.count))
                && packed.All(p => p.Length <= 40)
                && packed.Select(p => string.Join(',', p.Ids)).SequenceEqual(streamed.Select(p => string.Join(',', p.Ids)));
        }, 200);
    }

    [Fact, Clause("TRL-3.2")]
    public void ARowLongerThanAPackHasOneToItself() =>
        Assert.Equal([[1], [0, 2]], RowPacking.Plan([3, 12, 2], 10, PackingStrategy.BinPack));

    static TrainingRow Row(int id, int length) => new([.. Enumerable.Repeat(id, length)], [.. Enumerable.Repeat(id, length)], null, [0, length]);
}
