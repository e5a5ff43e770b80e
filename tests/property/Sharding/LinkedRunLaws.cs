using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Boxes;
using Ckpt.Sharding.Maps;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Runs of indices, and links as runs of them, beside lists of the indices themselves.</summary>
public sealed class LinkedRunLaws
{
    static readonly Gen<AxisRun> s_runs =
        from start in Gen.Choose(0, 20)
        from step in Gen.Choose(1, 5)
        from count in Gen.Choose(1, 9)
        select new AxisRun(start, step, count);

    [Fact]
    public void RunsMeetWhereTheirIndicesDo() => Law.Holds(from a in s_runs from b in s_runs select (a, b), c =>
    {
        var common = Indices(c.a).Intersect(Indices(c.b)).ToArray();
        if (!c.a.TryMeet(c.b, out var here, out var there)) { return common.Length == 0; }
        return Indices(here.Of(c.a)).SequenceEqual(common) && Indices(there.Of(c.b)).SequenceEqual(common);
    }, 500);

    [Fact]
    public void AFinePartOfALinkIsRunsOfStoredAxes()
    {
        // [3, 8] stored, seen as [3, 4, 2]; transposed into halves of [8, 3].
        var left = new MappedTensor("l", new Shape(3, 4, 2)) { StoredShape = new Shape(3, 8) };
        var right = new MappedTensor("r", new Shape(8, 3));
        var links = new[] { 0, 1 }.Select(half => new Link(0, new Box([0, 0, half], [3, 4, 1]), 0, new Box([half * 4L, 0], [4, 3])) { Axes = [1, 0, -1] }).ToArray();
        var map = new TensorMap(MapSide.Of([left]), MapSide.Of([right]), links);
        var found = links.SelectMany(link => LinkedRuns.Of(map, link)).ToArray();
        Assert.Equal([new AxisRun(0, 1, 3), new AxisRun(0, 2, 4)], found[0].Left);
        Assert.Equal([new AxisRun(0, 1, 3), new AxisRun(1, 2, 4)], found[1].Left);
        Assert.Equal([new AxisRun(4, 1, 4), new AxisRun(0, 1, 3)], found[1].Right);
        Assert.All(found, static runs => Assert.Equal([1, 0], runs.RightAxis));
        // There and on to the same link again is the right side onto itself.
        Assert.Equal(found[1].Right, found[1].To(found[1])!.Left);
        Assert.Null(found[0].To(found[1]));
        Assert.Equal(new AxisRun(2, 1, 1), found[0].At(0, 2)!.Right[1]);
    }

    static IEnumerable<long> Indices(AxisRun run) => Enumerable.Range(0, (int)run.Count).Select(i => run[i]);
}
