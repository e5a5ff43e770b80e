using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

public sealed class CompositionLaws
{
    /// <summary>Two tensors → one padded tensor of other cuts → one transposed tensor: in one step and in two.</summary>
    [Fact, Clause("SHD-2.13")]
    public void OneStepIsTheSameAsTwo() => Law.Holds(
        from rowsA in Gen.Choose(1, 6)
        from rowsB in Gen.Choose(1, 6)
        from columns in Gen.Choose(1, 5)
        from pad in Gen.Choose(0, 3)
        from kept in Gen.Choose(1, 15)
        from swap in Gen.Elements(false, true)
        from seed in Gen.Choose(0, 1 << 20)
        select (rowsA, rowsB, columns, pad, kept, swap, seed),
        c =>
        {
            using var folder = new TemporaryFolder();
            var rows = c.rowsA + c.rowsB + c.pad;
            var kept = Math.Min(c.kept, rows);
            var shared = new MappedTensor("m", new Shape(rows, c.columns));
            var (shapeA, shapeB) = (new Shape(c.rowsA, c.columns), new Shape(c.rowsB, c.columns));
            var first = new TensorMap(
                MapSide.Of([new MappedTensor("a", shapeA), new MappedTensor("b", shapeB)]),
                new MapSide([shared], c.pad == 0 ? [] : [new Padding(0, new Box([c.rowsA + c.rowsB, 0], [c.pad, c.columns]), "zeros")], [], []),
                [
                    new Link(0, Box.Whole(shapeA), 0, new Box([0, 0], [c.rowsA, c.columns])),
                    new Link(1, Box.Whole(shapeB), 0, new Box([c.rowsA, 0], [c.rowsB, c.columns])),
                ]);
            var last = c.swap ? new Shape(c.columns, kept) : new Shape(1, kept, c.columns);
            var second = new TensorMap(
                new MapSide([shared], kept == rows ? [] : [new Padding(0, new Box([kept, 0], [rows - kept, c.columns]), "cut off")], [], []),
                MapSide.Of([new MappedTensor("z", last)]),
                [new Link(0, new Box([0, 0], [kept, c.columns]), 0, Box.Whole(last)) { Axes = c.swap ? [1, 0] : [1, 2] }]);
            var source = new MemoryCheckpoint().Add("a", DType.F32, shapeA, Copying.Bytes(c.seed, shapeA.Count * 4)).Add("b", DType.F32, shapeB, Copying.Bytes(c.seed + 1, shapeB.Count * 4));

            var halfway = Copying.Framed([new TensorTarget("m", DType.F32, shared.Shape, Cuts.Of(shared.Shape, c.seed, 3))]);
            var middle = Copying.Open(Copying.Run(folder, "m", CopyPlanner.Plan(source.Tensors, first, halfway), source), halfway);
            var goal = Copying.Framed([TensorTarget.Whole("z", DType.F32, last)]);
            var two = Copying.Whole(Copying.Run(folder, "two", CopyPlanner.Plan(middle.Tensors, second, goal), middle), goal, 0);
            var one = Copying.Whole(Copying.Run(folder, "one", CopyPlanner.Plan(source.Tensors, MapComposition.Compose(first, second), goal), source), goal, 0);
            return one.AsSpan().SequenceEqual(two);
        });

    /// <summary>Rows that take turns in one tensor come back as they were, and the join says so in one link a tensor.</summary>
    [Fact, Clause("SHD-2.13")]
    public void AMapAndItsReverseLeaveEveryTensorWhole() => Law.Holds(
        from groups in Gen.Choose(1, 5)
        from rowsA in Gen.Choose(1, 3)
        from rowsB in Gen.Choose(1, 3)
        from columns in Gen.Choose(1, 4)
        select (groups, rowsA, rowsB, columns),
        c =>
        {
            var each = c.rowsA + c.rowsB;
            MappedTensor[] parts = [new("a", new Shape(c.groups * c.rowsA, c.columns)), new("b", new Shape(c.groups * c.rowsB, c.columns))];
            var links = new List<Link>();
            for (var g = 0; g < c.groups; g++)
            {
                links.Add(new Link(0, new Box([g * c.rowsA, 0], [c.rowsA, c.columns]), 0, new Box([g * each, 0], [c.rowsA, c.columns])));
                links.Add(new Link(1, new Box([g * c.rowsB, 0], [c.rowsB, c.columns]), 0, new Box([(g * each) + c.rowsA, 0], [c.rowsB, c.columns])));
            }
            var map = new TensorMap(MapSide.Of(parts), MapSide.Of([new MappedTensor("m", new Shape(c.groups * each, c.columns))]), links);
            var same = TensorMap.Identity(parts);
            var joined = MapComposition.Compose(map, map.Reverse());
            return joined.Links.SequenceEqual(same.Links) && joined.Left.Tensors.SequenceEqual(parts) && joined.Right.Tensors.SequenceEqual(parts)
                // Moved, even by as little as one group, they are not.
                && (c.groups == 1 || MapComposition.Compose(map, Swapped(map, c.groups).Reverse()).Links.Count > 2);
        });

    static TensorMap Swapped(TensorMap map, int groups)
    {
        // The first two groups change places on the right, as far as they are of one size.
        var links = map.Links.ToArray();
        for (var part = 0; part < 2; part++) { (links[part], links[part + 2]) = (links[part] with { RightBox = links[part + 2].RightBox }, links[part + 2] with { RightBox = links[part].RightBox }); }
        Assert.True(groups > 1);
        return map with { Links = links };
    }

    [Fact, Clause("SHD-2.13")]
    public void MapsThatShareNoSideAreRefused()
    {
        var map = TensorMap.Identity([new MappedTensor("t", new Shape(2, 3))]);
        foreach (var other in (TensorMap[])[TensorMap.Identity([]), TensorMap.Identity([new MappedTensor("t", new Shape(3, 2))]), TensorMap.Identity([new MappedTensor("t", new Shape(2, 3)), new MappedTensor("u", new Shape(1))])])
        {
            Assert.Equal("SHD-2.13", Assert.Throws<MalformedCheckpointException>(() => MapComposition.Compose(map, other)).Clause);
        }
    }
}
