using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Views;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Links that transpose, axes that links see finer than they are stored, boxes written several times and in another order of axes, views.</summary>
public sealed class ArrangementLaws
{
    static readonly Shape s_stored = new(2, 3, 4);

    /// <summary>Experts as [expert, in, gate and up in turns] on the left, as [expert, gate then up, in] on the right.</summary>
    [Fact]
    [Clause("SHD-2.9"), Clause("SHD-2.10")]
    public void TransposedRowsThatTakeTurnsGoThereAndBack() => Law.Holds(
        from experts in Gen.Choose(1, 3)
        from inputs in Gen.Choose(1, 5)
        from width in Gen.Choose(1, 5)
        from seed in Gen.Choose(0, int.MaxValue - 4)
        from cut in Gen.Choose(0, 8)
        select (experts, inputs, width, seed, cut),
        c =>
        {
            using var folder = new TemporaryFolder();
            var left = new Shape(c.experts, c.inputs, 2 * c.width);
            var right = new Shape(c.experts, 2 * c.width, c.inputs);
            var map = InTurns(c.experts, c.inputs, c.width);
            var bytes = Copying.Bytes(c.seed, left.Count * 2);
            var source = new MemoryCheckpoint().Add("l", DType.BF16, left, bytes, EvenCuts(left, c.seed));
            var there = Copying.Framed([new TensorTarget("r", DType.BF16, right, Cuts.Of(right, c.seed + 2, c.cut))]);
            var middle = Copying.Open(Copying.Run(folder, "r", CopyPlanner.Plan(source.Tensors, map, there), source), there);
            var back = Copying.Framed([new TensorTarget("l", DType.BF16, left, EvenCuts(left, c.seed + 3))]);
            var path = Copying.Run(folder, "l", CopyPlanner.Plan(middle.Tensors, map.Reverse(), back), middle);
            var expected = new byte[bytes.Length];
            foreach (var i in MemoryCheckpoint.Indices(left))
            {
                var row = (i[2] % 2 * c.width) + (i[2] / 2);
                var (from, to) = ((((i[0] * c.inputs) + i[1]) * 2 * c.width) + i[2], (((i[0] * 2 * c.width) + row) * c.inputs) + i[1]);
                bytes.AsSpan((int)from * 2, 2).CopyTo(expected.AsSpan((int)to * 2));
            }
            return Copying.Whole(folder["r"], there, 0).AsSpan().SequenceEqual(expected) && Copying.Whole(path, back, 0).AsSpan().SequenceEqual(bytes);
        });

    [Fact]
    [Clause("SHD-2.9")]
    public void ABoxThatCutsThroughATurnIsRefused()
    {
        var source = new MemoryCheckpoint().Add("l", DType.U8, new Shape(1, 1, 6), new byte[6], [new Box([0, 0, 0], [1, 1, 3]), new Box([0, 0, 3], [1, 1, 3])]);
        var layout = Copying.Framed([TensorTarget.Whole("r", DType.U8, new Shape(1, 6, 1))]);
        var fault = Assert.Throws<UnsupportedCheckpointException>(() => CopyPlanner.Plan(source.Tensors, InTurns(1, 1, 3), layout));
        Assert.Equal("SHD-2.9", fault.Clause);
    }

    [Fact]
    [Clause("SHD-2.9")]
    public void OneIndexOfATurnMayBeABoxOfItsOwn()
    {
        using var folder = new TemporaryFolder();
        var boxes = Enumerable.Range(0, 6).Select(i => new Box([0, 0, i], [1, 1, 1])).ToArray();
        var source = new MemoryCheckpoint().Add("l", DType.U8, new Shape(1, 1, 6), [10, 20, 11, 21, 12, 22], boxes);
        var layout = Copying.Framed([TensorTarget.Whole("r", DType.U8, new Shape(1, 6, 1))]);
        var path = Copying.Run(folder, "r", CopyPlanner.Plan(source.Tensors, InTurns(1, 1, 3), layout), source);
        Assert.Equal([10, 11, 12, 20, 21, 22], Copying.Whole(path, layout, 0));
    }

    [Fact]
    [Clause("SHD-2.11")]
    public void EveryCopyOfABoxIsWrittenInItsOwnOrder()
    {
        using var folder = new TemporaryFolder();
        var bytes = Enumerable.Range(0, 24).Select(i => (byte)i).ToArray();
        var source = new MemoryCheckpoint().Add("t", DType.U8, s_stored, bytes);
        var layout = new CheckpointLayout(
            [TensorTarget.Whole("t", DType.U8, s_stored)],
            [new FileLayout("a", 48, [new DataRange(0, 24, 0, 0), new DataRange(24, 24, 0, 0) { Order = [0, 2, 1] }], []),
             new FileLayout("b", 24, [new DataRange(0, 24, 0, 0) { Order = [2, 1, 0] }], [])],
            []);
        var plan = CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), layout);
        var path = Copying.Run(folder, "t", plan, source);
        byte At(int i, int j, int k) => (byte)((i * 12) + (j * 4) + k);
        var swapped = from i in Enumerable.Range(0, 2) from k in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 3) select At(i, j, k);
        var turned = from k in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 3) from i in Enumerable.Range(0, 2) select At(i, j, k);
        Assert.Equal([.. bytes, .. swapped], File.ReadAllBytes(Path.Combine(path, "a")));
        Assert.Equal([.. turned], File.ReadAllBytes(Path.Combine(path, "b")));
    }

    /// <summary>Two ranks' gate and up rows as columns side by side: [input, gate of the rank then up of the rank].</summary>
    [Fact]
    [Clause("SHD-2.15")]
    public void BoxesOfARankLieSideBySide() => Law.Holds(
        from inputs in Gen.Choose(1, 5)
        from width in Gen.Choose(1, 4)
        from cut in Gen.Choose(0, 6)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select (inputs, width, cut, seed),
        c =>
        {
            using var folder = new TemporaryFolder();
            var shape = new Shape(4 * c.width, c.inputs);
            var bytes = Copying.Bytes(c.seed, shape.Count * 2);
            var source = new MemoryCheckpoint().Add("t", DType.U16, shape, bytes, Cuts.Of(shape, c.seed, c.cut));
            var boxes = Enumerable.Range(0, 4).Select(part => new Box([part * c.width, 0], [c.width, c.inputs])).ToArray();
            var length = 4L * c.width * c.inputs;
            var layout = new CheckpointLayout(
                [new TensorTarget("t", DType.U16, shape, boxes)],
                [.. Enumerable.Range(0, 2).Select(rank => new FileLayout(
                    $"{rank}", length, [new DataRange(0, length, 0, rank) { Order = [1, 0], Joined = [2 + rank], JoinAxis = 0 }], []))],
                []);
            var path = Copying.Run(folder, "t", CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), layout), source);
            return Enumerable.Range(0, 2).All(rank =>
            {
                var expected = from input in Enumerable.Range(0, c.inputs)
                               from half in Enumerable.Range(0, 2)
                               from column in Enumerable.Range(0, c.width)
                               let row = (((2 * half) + rank) * c.width) + column
                               from i in Enumerable.Range(0, 2)
                               select bytes[(((row * c.inputs) + input) * 2) + i];
                return File.ReadAllBytes(Path.Combine(path, $"{rank}")).AsSpan().SequenceEqual(expected.ToArray());
            });
        });

    [Fact]
    [Clause("SHD-2.15")]
    public void BoxesOfOtherWidthsCannotBeJoined()
    {
        var source = new MemoryCheckpoint().Add("t", DType.U8, new Shape(2, 2), [1, 2, 3, 4]);
        var layout = new CheckpointLayout(
            [new TensorTarget("t", DType.U8, new Shape(2, 2), [new Box([0, 0], [1, 2]), new Box([1, 0], [1, 1]), new Box([1, 1], [1, 1])])],
            [new FileLayout("a", 3, [new DataRange(0, 3, 0, 0) { Joined = [1] }], [])], []);
        Assert.Throws<ArgumentException>(() => CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), layout));
    }

    [Fact]
    [Clause("SHD-2.12")]
    public void AViewTakesThePlaceOfTheTensorOfItsName()
    {
        var inner = new MemoryCheckpoint().Add("a", DType.U8, new Shape(4), [1, 2, 3, 4]).Add("b", DType.U8, new Shape(4), [5, 6, 7, 8]).Add("c", DType.U8, new Shape(4), [9, 9, 9, 9]);
        using var viewed = new ViewedCheckpoint(inner, [new Squares("b", 3), new Squares("d", 5)], static name => name == "c");
        Assert.Equal(["a", "b", "d"], viewed.Tensors.Select(static t => t.Name));
        Assert.Same(inner.Tensors[0], viewed.Tensors[0]);
        var payload = viewed.Locate(viewed.Tensors[1], 0);
        var whole = new byte[6];
        payload.Source.ReadExactly(payload.Offset, whole);
        Assert.Equal([0, 0, 1, 0, 4, 0], whole);
        Assert.Equal([1], payload.Strides);
    }

    [Fact]
    [Clause("SHD-2.12")]
    public void AnyRangeOfAComputedTensorIsThatRangeOfTheWhole() => Law.Holds(
        from count in Gen.Choose(1, 20)
        from start in Gen.Choose(0, 40)
        from length in Gen.Choose(0, 40)
        select (count, start: start % (2 * count), length),
        c =>
        {
            var view = new Squares("t", c.count);
            var whole = new byte[2 * c.count];
            for (var i = 0; i < c.count; i++) { BitConverter.TryWriteBytes(whole.AsSpan(2 * i), (ushort)(i * i)); }
            var part = new byte[Math.Min(c.length, whole.Length - c.start)];
            view.ReadExactly(c.start, part);
            Assert.Throws<EndOfStreamException>(() => view.ReadExactly(c.start, new byte[whole.Length - c.start + 1]));
            return part.AsSpan().SequenceEqual(whole.AsSpan(c.start, part.Length));
        });

    static TensorMap InTurns(int experts, int inputs, int width) => new(
        MapSide.Of([new MappedTensor("l", new Shape(experts, inputs, width, 2)) { StoredShape = new Shape(experts, inputs, 2 * width) }]),
        MapSide.Of([new MappedTensor("r", new Shape(experts, 2 * width, inputs))]),
        [.. Enumerable.Range(0, 2).Select(turn => new Link(
            0, new Box([0, 0, 0, turn], [experts, inputs, width, 1]), 0, new Box([0, turn * width, 0], [experts, width, inputs])) { Axes = [0, 2, 1, -1] })]);

    /// <summary>Boxes whose last axis is cut between pairs only.</summary>
    static Box[] EvenCuts(Shape shape, int seed) => [.. Cuts.Of(new Shape(shape[0], shape[1], shape[2] / 2), seed, seed % 7)
        .Select(static b => new Box([b.Offset[0], b.Offset[1], 2 * b.Offset[2]], [b.Size[0], b.Size[1], 2 * b.Size[2]]))];

    sealed class Squares(string name, int count) : ComputedTensor(name, DType.U16, new Shape(count), 0)
    {
        protected override void Compute(long first, Span<byte> elements)
        {
            for (var i = 0; i < elements.Length / 2; i++) { BitConverter.TryWriteBytes(elements[(2 * i)..], (ushort)((first + i) * (first + i))); }
        }
    }
}
