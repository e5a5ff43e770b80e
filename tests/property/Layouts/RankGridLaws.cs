using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Sharding.Layouts;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

public class RankGridLaws
{
    readonly record struct Case(ParallelSizes Sizes, string Order);

    static readonly Gen<Case> s_cases =
        from tensor in Gen.Choose(1, 4)
        from context in Gen.Choose(1, 3)
        from pipeline in Gen.Choose(1, 3)
        from expert in Gen.Choose(1, 4)
        from expertTensor in Gen.Choose(1, 3)
        from more in Gen.Choose(1, 2)
        from order in Gen.Shuffle(new[] { "tp", "cp", "ep", "dp", "pp" })
        let least = new ParallelSizes { Tensor = tensor, Context = context, Pipeline = pipeline, Expert = expert, ExpertTensor = expertTensor }.Resolve()
        select new Case(least with { Data = least.Data * more, World = null }, string.Join('-', order));

    [Fact, Clause("LAY-2.2"), Clause("LAY-1.2")]
    public void EveryRankHasItsOwnPlaceInBothGrids() => Law.Holds(s_cases, c =>
    {
        if (TryGrid(c) is not { } grid) { return true; }
        var s = grid.Sizes;
        if (grid.World != s.Tensor * s.Context * s.Data!.Value * s.Pipeline || grid.World != s.ExpertTensorSize * s.Expert * grid.ExpertData * s.Pipeline) { return false; }
        for (var rank = 0; rank < grid.World; rank++)
        {
            var p = grid[rank];
            if (grid.RankAt(p.Tensor, p.Context, p.Data, p.Pipeline) != rank || grid.ExpertRankAt(p.ExpertTensor, p.Expert, p.ExpertData, p.Pipeline) != rank) { return false; }
            var inside = p.Tensor < s.Tensor && p.Context < s.Context && p.Data < s.Data && p.Pipeline < s.Pipeline && p.ExpertTensor < s.ExpertTensorSize && p.Expert < s.Expert && p.ExpertData < grid.ExpertData;
            if (!inside) { return false; }
        }
        return true;
    });

    /// <summary>The definition of Megatron's groups: fix the coordinates that are not of the group, run through those that are.</summary>
    [Fact, Clause("LAY-2.4")]
    public void GroupsAreTheRanksThatDifferAlongTheirAxesOnly() => Law.Holds(
        from c in s_cases
        from mask in Gen.Choose(1, 31)
        select (c, mask),
        t =>
        {
            if (TryGrid(t.c) is not { } grid) { return true; }
            RankAxis[] axes = [.. Enum.GetValues<RankAxis>().Where(axis => (t.mask >> (int)axis & 1) != 0)];
            return Enumerable.Range(0, grid.World).All(rank =>
                grid.GroupOf(rank, axes).SequenceEqual(Enumerable.Range(0, grid.World).Where(other => Same(Dense(grid[rank]), Dense(grid[other]), axes)))
                && grid.ExpertGroupOf(rank, axes).SequenceEqual(Enumerable.Range(0, grid.World).Where(other => Same(Experts(grid[rank]), Experts(grid[other]), axes))));
        });

    [Fact, Clause("LAY-2.3")]
    public void StagesAreTheSameInBothGridsOrTheOrderIsRefused() => Law.Holds(s_cases, c =>
    {
        // By the definition: the product of what is named before "pp", once with each grid's sizes.
        var before = c.Order.Split('-').TakeWhile(name => name != "pp").ToList();
        var s = c.Sizes.Resolve();
        var edp = s.World!.Value / (s.ExpertTensorSize * s.Expert * s.Pipeline);
        var dense = before.Aggregate(1, (step, name) => step * (name switch { "tp" => s.Tensor, "cp" => s.Context, "dp" => s.Data!.Value, _ => 1 }));
        var experts = before.Aggregate(1, (step, name) => step * (name switch { "tp" => s.ExpertTensorSize, "ep" => s.Expert, "dp" => edp, _ => 1 }));
        return (TryGrid(c) is null) == (s.Pipeline > 1 && dense != experts);
    });

    /// <summary>The example in Megatron-core's description of <c>initialize_model_parallel</c>: 16 processes, TP 2, PP 4.</summary>
    [Fact, Clause("LAY-2.2"), Clause("LAY-2.4")]
    public void GroupsAreThoseOfMegatronsExample()
    {
        var grid = RankGrid.Of(new ParallelSizes { Tensor = 2, Pipeline = 4, World = 16 });
        Assert.Equal([0, 1], grid.GroupOf(0, RankAxis.Tensor));
        Assert.Equal([14, 15], grid.GroupOf(15, RankAxis.Tensor));
        Assert.Equal([0, 2], grid.GroupOf(0, RankAxis.Data));
        Assert.Equal([5, 7], grid.GroupOf(5, RankAxis.Data));
        Assert.Equal([0, 4, 8, 12], grid.GroupOf(0, RankAxis.Pipeline));
        Assert.Equal([3, 7, 11, 15], grid.GroupOf(3, RankAxis.Pipeline));
        Assert.Equal([0, 1, 4, 5, 8, 9, 12, 13], grid.GroupOf(0, RankAxis.Tensor, RankAxis.Pipeline));
    }

    /// <summary>Which folders a legacy checkpoint has: two processes under TP 2 and EP 2 write (0, 0) and (1, 1) only.</summary>
    [Theory, Clause("LAY-2.2")]
    [InlineData(2, 1, 2, 1, "00_000 01_001")]
    [InlineData(4, 1, 2, 1, "00_000 01_001 02_000 03_001")]
    [InlineData(2, 1, 4, 1, "00_000 01_001 00_002 01_003")]
    [InlineData(2, 1, 2, 2, "00_000 01_000 00_001 01_001")]
    [InlineData(1, 2, 2, 1, "00_000 00_001 00_000 00_001")]
    public void ModelRanksAreThoseWithDifferentParts(int tensor, int pipeline, int expert, int expertTensor, string names)
    {
        var grid = RankGrid.Of(new ParallelSizes { Tensor = tensor, Pipeline = pipeline, Expert = expert, ExpertTensor = expertTensor });
        Assert.Equal(names, string.Join(' ', grid.ModelRanks().Select(place => $"{place.Tensor:00}_{place.Expert:000}")));
    }

    [Theory, Clause("LAY-1.2")]
    [InlineData(2, 2, 2, 1, 1, 4)]
    [InlineData(2, 1, 8, 1, 1, 8)]
    [InlineData(8, 1, 1, 8, 1, 8)]
    [InlineData(3, 1, 2, 2, 1, 12)]
    [InlineData(4, 2, 3, 2, 5, 120)]
    public void TheLeastNumberOfProcessesFitsBothParts(int tensor, int pipeline, int expert, int expertTensor, int context, int world) => Assert.Equal(
        world, RankGrid.Of(new ParallelSizes { Tensor = tensor, Pipeline = pipeline, Expert = expert, ExpertTensor = expertTensor, Context = context }).World);

    [Theory, Clause("LAY-1.1"), Clause("LAY-1.2"), Clause("LAY-1.3")]
    [InlineData("LAY-1.1", "context parallel size is 0", 1, 1, 1, null, 0, null, null, false)]
    [InlineData("LAY-1.1", "expert tensor parallel size is -2", 1, 1, 1, -2, 1, null, null, false)]
    [InlineData("LAY-1.1", "2147483647 processes", int.MaxValue, 1, 1, null, 1, null, null, false)]
    [InlineData("LAY-1.1", "33554432 processes are needed, allowed are at most 16777216", 1 << 12, 1 << 12, 1, null, 2, null, null, false)]
    [InlineData("LAY-1.1", "processes are needed", 8191, 1, 8179, 1, 1, null, null, false)]
    [InlineData("LAY-1.2", "12 processes cannot be shared evenly by TP 8 × PP 1 × CP 1 = 8 ranks", 8, 1, 1, null, 1, null, 12, false)]
    [InlineData("LAY-1.2", "8 processes cannot be shared evenly by ETP 3 × EP 1 × PP 1 = 3 ranks", 2, 1, 1, 3, 1, 4, null, false)]
    [InlineData("LAY-1.2", "given as 3, 8 processes make it 4", 2, 1, 1, null, 1, 3, 8, false)]
    [InlineData("LAY-1.3", "dealt out over 4 tensor ranks and cut over 2", 4, 1, 1, 2, 1, null, null, true)]
    public void SizesThatNoRunHasAreRefusedWithTheirNumbers(
        string clause, string says, int tensor, int pipeline, int expert, int? expertTensor, int context, int? data, int? world, bool over)
    {
        var sizes = new ParallelSizes { Tensor = tensor, Pipeline = pipeline, Expert = expert, ExpertTensor = expertTensor, Context = context, Data = data, World = world, ExpertsOverTensor = over };
        var error = Assert.Throws<LayoutException>(() => RankGrid.Of(sizes));
        Assert.Equal(clause, error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("LAY-2.1")]
    [InlineData("tp-cp-ep-dp-xx", "'xx'")]
    [InlineData("tp-dp-tp", "'tp' twice")]
    [InlineData("", "''")]
    [InlineData("tp-cp-ep-dp-pp-", "more than 5")]
    [InlineData("tp-cp-ep-pp", "does not name dp, whose size is 2")]
    [InlineData("tp-dp", "does not name pp, whose size is 2")]
    public void AnOrderThatIsNoneIsRefused(string order, string says)
    {
        var error = Assert.Throws<LayoutException>(() => RankGrid.Of(new ParallelSizes { Tensor = 2, Pipeline = 2, Data = 2 }, RankOrder.Parse(order)));
        Assert.Equal("LAY-2.1", error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("LAY-2.1")]
    public void AnAxisOfOneNeedsNoName() => Assert.Equal(6, RankGrid.Of(new ParallelSizes { Tensor = 2, Pipeline = 3 }, RankOrder.Parse("TP-PP-dp")).RankAt(0, 0, 0, 1) * 3);

    static RankGrid? TryGrid(Case c)
    {
        try { return RankGrid.Of(c.Sizes, RankOrder.Parse(c.Order)); }
        catch (LayoutException refused) when (refused.Clause == "LAY-2.3") { return null; }
    }

    static int[] Dense(RankPlace p) => [p.Tensor, p.Context, 0, p.Data, p.Pipeline];

    static int[] Experts(RankPlace p) => [p.ExpertTensor, 0, p.Expert, p.ExpertData, p.Pipeline];

    static bool Same(int[] a, int[] b, RankAxis[] but) => Enumerable.Range(0, a.Length).All(axis => but.Contains((RankAxis)axis) || a[axis] == b[axis]);
}
