using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Boxes;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

public class BoxLaws
{
    static readonly Gen<(Shape Shape, int Seed, int Pieces)> s_cuts =
        from shape in Cuts.Shapes()
        from seed in Gen.Choose(0, int.MaxValue)
        from pieces in Gen.Choose(0, 30)
        select (shape, seed, pieces);

    [Fact, Clause("SHD-1.1")]
    public void AQueryFindsExactlyTheBoxesItMeets() => Law.Holds(s_cuts, c =>
    {
        var boxes = Cuts.Of(c.Shape, c.Seed, c.Pieces);
        var index = new BoxIndex(c.Shape, boxes);
        foreach (var query in Cuts.Of(c.Shape, c.Seed + 1, c.Pieces))
        {
            var found = new List<(int Index, Box Common)>();
            index.Find(query, found);
            var expected = Enumerable.Range(0, boxes.Count).Where(i => boxes[i].TryIntersect(query, out _)).ToHashSet();
            if (!expected.SetEquals(found.Select(f => f.Index)) || found.Count != expected.Count) { return false; }
        }
        return true;
    });

    [Fact]
    public void BoxesOfACutCoverEveryElementOnce() => Law.Holds(s_cuts, c =>
    {
        var boxes = Cuts.Of(c.Shape, c.Seed, c.Pieces);
        return boxes.Sum(b => b.Volume) == c.Shape.Count && new BoxIndex(c.Shape, boxes).FindOverlap() is null
            && MemoryCheckpoint.Indices(c.Shape).All(i => boxes.Count(b => Contains(b, i)) == 1);
    });

    [Fact]
    public void AnOverlapIsFound() => Law.Holds(s_cuts, c =>
    {
        var boxes = Cuts.Of(c.Shape, c.Seed, c.Pieces).ToList();
        boxes.Add(boxes[c.Seed % boxes.Count]);
        return new BoxIndex(c.Shape, boxes).FindOverlap() is not null;
    });

    static bool Contains(Box box, long[] index)
    {
        for (var axis = 0; axis < index.Length; axis++)
        {
            if (index[axis] < box.Offset[axis] || index[axis] >= box.Offset[axis] + box.Size[axis]) { return false; }
        }
        return true;
    }
}
