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
