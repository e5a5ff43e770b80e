using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

public class PlanClauses
{
    static readonly Shape s_shape = new(4, 2);

    [Fact, Clause("SHD-2.1")]
    public void AnElementLinkedTwiceIsRefused()
    {
        var map = Map(new Link(0, Rows(0, 3), 0, Rows(0, 3)), new Link(0, Rows(0, 2), 0, Rows(2, 2)));
        Assert.Equal("SHD-2.1", Refused(map).Clause);
    }

    [Fact, Clause("SHD-2.1")]
    public void AnElementLinkedNeverIsRefused() => Assert.Equal("SHD-2.1", Refused(Map(new Link(0, Rows(0, 3), 0, Rows(0, 3)))).Clause);

    [Fact, Clause("SHD-2.1")]
    public void ATargetTheMapDoesNotKnowIsRefused()
    {
        var source = Source();
        var layout = Copying.Framed([TensorTarget.Whole("other", DType.F32, s_shape)]);
        Assert.Equal("SHD-2.1", Assert.Throws<MalformedCheckpointException>(() => CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), layout)).Clause);
    }

    [Fact, Clause("SHD-2.2")]
    public void AMissingTensorIsRefused() => Assert.Equal("SHD-2.2", Assert.Throws<MalformedCheckpointException>(
        () => CopyPlanner.Plan([], Copying.IdentityOf(Source()), Layout())).Clause);

    [Fact, Clause("SHD-2.2")]
    public void ATensorOfAnotherShapeIsRefused()
    {
        var wider = new MemoryCheckpoint().Add("t", DType.F32, new Shape(4, 3), new byte[48]);
        Assert.Equal("SHD-2.2", Assert.Throws<MalformedCheckpointException>(() => CopyPlanner.Plan(wider.Tensors, Copying.IdentityOf(Source()), Layout())).Clause);
    }

    [Fact, Clause("SHD-2.2")]
    public void ATensorWithAStoredBoxMissingIsRefused()
    {
        var source = Source();
        var torn = new TensorInfo("t", DType.F32, s_shape, [new StoredBox(Rows(0, 3), 0, 0, 24)]);
        var error = Assert.Throws<MalformedCheckpointException>(() => CopyPlanner.Plan([torn], Copying.IdentityOf(source), Layout()));
        Assert.Equal("SHD-2.2", error.Clause);
        Assert.Contains("6 of 8", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("SHD-2.3")]
    public void CoverageNamesWhatLacksWhatIsTooManyAndWhatARuleDrops()
    {
        var side = new MapSide(
            [new MappedTensor("a", s_shape), new MappedTensor("b", s_shape), new MappedTensor("c", s_shape)], [],
            [new Alias("a2", 0, "tied")], [new Drop(new Regex("^rot"), "recomputed")]);
        var found = new MemoryCheckpoint().Add("a", DType.F32, s_shape, new byte[32]).Add("a2", DType.F32, s_shape, new byte[32])
            .Add("c", DType.F32, new Shape(2), new byte[8]).Add("rot.freq", DType.F32, new Shape(3), new byte[12]).Add("x", DType.U8, new Shape(1), new byte[1]);
        var coverage = MapCoverage.Of(found.Tensors, side);
        Assert.Equal(["b"], coverage.Missing);
        Assert.Equal(["x"], coverage.Extra);
        Assert.Equal([new WrongShape("c", new Shape(2), s_shape)], coverage.WrongShapes);
        Assert.Equal([new AliasCheck(1, 0, "tied")], coverage.Aliases);
        Assert.Equal([new DroppedTensor("rot.freq", 3, "recomputed")], coverage.Dropped);
        Assert.False(coverage.IsComplete);
    }

    [Fact, Clause("SHD-2.5")]
    public void SubByteElementsMoveInWholeBoxesOnly()
    {
        using var folder = new TemporaryFolder();
        var shape = new Shape(4, 4);
        var source = new MemoryCheckpoint().Add("t", DType.F4, shape, [1, 2, 3, 4, 5, 6, 7, 8]);
        var whole = Copying.Framed([TensorTarget.Whole("t", DType.F4, shape)]);
        var path = Copying.Run(folder, "whole", CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), whole), source);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], File.ReadAllBytes(Path.Combine(path, "t0"))[1..9]);

        var halves = Copying.Framed([new TensorTarget("t", DType.F4, shape, [new Box([0, 0], [4, 2]), new Box([0, 2], [4, 2])])]);
        var plan = CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), halves);
        Assert.Equal("SHD-2.5", Assert.Throws<UnsupportedCheckpointException>(() => Copying.Run(folder, "halves", plan, source)).Clause);
    }

    [Fact, Clause("SHD-2.7")]
    public void TwoElementTypesInOneTensorNeedACast()
    {
        var source = new MemoryCheckpoint().Add("a", DType.F32, s_shape, new byte[32]).Add("b", DType.BF16, s_shape, new byte[16]);
        var right = new Shape(2, 4, 2);
        var map = new TensorMap(
            MapSide.Of([new MappedTensor("a", s_shape), new MappedTensor("b", s_shape)]), MapSide.Of([new MappedTensor("ab", right)]),
            [new Link(0, Rows(0, 4), 0, new Box([0, 0, 0], [1, 4, 2])), new Link(1, Rows(0, 4), 0, new Box([1, 0, 0], [1, 4, 2]))]);
        Assert.Equal("SHD-2.7", Assert.Throws<UnsupportedCheckpointException>(() => TargetMaker.Make(source.Tensors, map, null, true)).Clause);
        Assert.Equal(DType.F16, TargetMaker.Make(source.Tensors, map, DType.F16, true)[0].DType);
    }

    [Fact, Clause("SHD-2.8")]
    public void TargetsAreCutAlongLayersAndExperts()
    {
        Assert.Equal([new Box([0, 0, 0], [1, 1, 5]), new Box([0, 1, 0], [1, 1, 5]), new Box([1, 0, 0], [1, 1, 5]), new Box([1, 1, 0], [1, 1, 5])], TargetMaker.Cut(new Shape(2, 2, 5), 2));
        var source = new MemoryCheckpoint().Add("a", DType.F32, s_shape, new byte[32]);
        var map = new TensorMap(
            MapSide.Of([new MappedTensor("a", s_shape)]), MapSide.Of([new MappedTensor("s", new Shape(2, 2, 2))]),
            [new Link(0, Rows(0, 2), 0, new Box([0, 0, 0], [1, 2, 2])), new Link(0, Rows(2, 2), 0, new Box([1, 0, 0], [1, 2, 2]))]);
        Assert.Equal([new Box([0, 0, 0], [1, 2, 2]), new Box([1, 0, 0], [1, 2, 2])], TargetMaker.Make(source.Tensors, map, null, true)[0].Boxes);
        Assert.Equal([new Box([0, 0, 0], [2, 2, 2])], TargetMaker.Make(source.Tensors, map, null, false)[0].Boxes);
    }

    [Fact, Clause("NUM-1.2")]
    public void ACastWithoutARuleIsRefusedByName()
    {
        var source = new MemoryCheckpoint().Add("t", DType.I32, s_shape, new byte[32]);
        var error = Assert.Throws<UnsupportedCheckpointException>(() => CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), Layout()));
        Assert.Equal("NUM-1.2", error.Clause);
        Assert.Contains("int32 to float32", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("SHD-5.1")]
    public void APlanThatDoesNotFitItsMemoryIsRefusedWithBothNumbers()
    {
        var plan = CopyPlanner.Plan(Source().Tensors, Copying.IdentityOf(Source()), Layout());
        var error = Assert.Throws<BudgetException>(() => MemoryBudget.Fit(plan, new RunOptions { MaxMemory = 1 << 20 }));
        Assert.Contains("1,048,576", error.Message, StringComparison.Ordinal);
        Assert.True(MemoryBudget.Fit(plan, new RunOptions { MaxMemory = 100 << 20, Threads = 8 }) is { Threads: < 8, PeakBytes: <= 100 << 20 });
    }

    [Fact, Clause("SHD-5.2")]
    public void AnOutputLargerThanTheDiskIsRefusedWithBothNumbers()
    {
        using var folder = new TemporaryFolder();
        var free = new DriveInfo(folder.Path).AvailableFreeSpace;
        var target = TensorTarget.Whole("t", DType.U8, new Shape(free * 2));
        var layout = PlanComparison.InMemory([target]);
        var plan = new CopyPlan([], layout, [], new Ledger(0, 1, 0, 0, 0, 0, [], [], []));
        Assert.Contains((free * 2).ToString("N0", null), Assert.Throws<BudgetException>(() => DiskSpace.Check(plan, [], folder["out"])).Message, StringComparison.Ordinal);
    }

    [Fact, Clause("SHD-6.1")]
    public void AComparisonFindsTheOneBitThatDiffers()
    {
        var bytes = Copying.Bytes(1, 32);
        var other = (byte[])bytes.Clone();
        other[17] ^= 0x10;
        var layout = PlanComparison.InMemory([TensorTarget.Whole("t", DType.F32, s_shape)]);
        var (a, b) = (new MemoryCheckpoint().Add("t", DType.F32, s_shape, bytes), new MemoryCheckpoint().Add("t", DType.F32, s_shape, other, [Rows(0, 1), Rows(1, 3)]));
        Assert.True(Compare(a, a, layout).IsEqual);
        Assert.Equal([new TensorDifference("t", 4, 1)], Compare(a, b, layout).Differences);
    }

    static ComparisonReport Compare(ICheckpointReader a, ICheckpointReader b, CheckpointLayout layout) => PlanComparison.Run(
        CopyPlanner.Plan(a.Tensors, Copying.IdentityOf(a), layout), a, CopyPlanner.Plan(b.Tensors, Copying.IdentityOf(b), layout), b,
        new RunOptions { BlockBytes = 16 }, new NoProgress(), CancellationToken.None);

    static MemoryCheckpoint Source() => new MemoryCheckpoint().Add("t", DType.F32, s_shape, Copying.Bytes(1, 32));

    static CheckpointLayout Layout() => Copying.Framed([TensorTarget.Whole("t", DType.F32, s_shape)]);

    static Box Rows(long first, long count) => new([first, 0], [count, 2]);

    static TensorMap Map(params Link[] links) => new(MapSide.Of([new MappedTensor("t", s_shape)]), MapSide.Of([new MappedTensor("t", s_shape)]), links);

    static MalformedCheckpointException Refused(TensorMap map) =>
        Assert.Throws<MalformedCheckpointException>(() => CopyPlanner.Plan(Source().Tensors, map, Layout()));
}
