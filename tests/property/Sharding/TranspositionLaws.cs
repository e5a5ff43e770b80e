using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Transposed matrices larger than the tiles they are copied by, in blocks that cut columns anywhere.</summary>
public sealed class TranspositionLaws
{
    [Fact]
    [Clause("SHD-2.10")]
    public void EveryElementOfATransposedMatrixArrives() => Law.Holds(
        from experts in Gen.Choose(1, 2)
        from rows in Gen.Choose(1, 75)
        from columns in Gen.Choose(1, 75)
        from type in Gen.Elements(DType.U8, DType.BF16, DType.F32, DType.F64, DType.C128)
        from block in Gen.Elements(16, 48, 272, 4096, 65536)
        from seed in Gen.Choose(0, 1 << 20)
        select (experts, rows, columns, type, block, seed),
        c =>
        {
            using var folder = new TemporaryFolder();
            var (left, right) = (new Shape(c.experts, c.rows, c.columns), new Shape(c.experts, c.columns, c.rows));
            var size = c.type.ByteSize();
            var bytes = Copying.Bytes(c.seed, left.Count * size);
            var source = new MemoryCheckpoint().Add("l", c.type, left, bytes, Cuts.Of(left, c.seed, c.seed % 3));
            var layout = Copying.Framed([new TensorTarget("r", c.type, right, Cuts.Of(right, c.seed + 1, c.seed % 2))]);
            var path = Copying.Run(folder, "r", CopyPlanner.Plan(source.Tensors, Transposed(left, right), layout), source, c.block);
            return Copying.Whole(path, layout, 0).AsSpan().SequenceEqual(Transposed(bytes, left, size));
        });

    [Fact]
    [Clause("SHD-2.10")]
    public void ElementsAreCastOnTheWay() => Law.Holds(
        from rows in Gen.Choose(1, 70)
        from columns in Gen.Choose(1, 70)
        from block in Gen.Elements(16, 272, 65536)
        from seed in Gen.Choose(0, 1 << 20)
        select (rows, columns, block, seed),
        c =>
        {
            using var folder = new TemporaryFolder();
            var (left, right) = (new Shape(1, c.rows, c.columns), new Shape(1, c.columns, c.rows));
            // Finite numbers: a bfloat16 is the upper half of its float32.
            var halves = Copying.Bytes(c.seed, left.Count * 2);
            for (var i = 1; i < halves.Length; i += 2) { halves[i] &= 0xBF; }
            var wide = new byte[halves.Length * 2];
            for (var i = 0; i < left.Count; i++) { halves.AsSpan((int)i * 2, 2).CopyTo(wide.AsSpan(((int)i * 4) + 2)); }
            var source = new MemoryCheckpoint().Add("l", DType.BF16, left, halves);
            var layout = Copying.Framed([TensorTarget.Whole("r", DType.F32, right)]);
            var path = Copying.Run(folder, "r", CopyPlanner.Plan(source.Tensors, Transposed(left, right), layout), source, c.block);
            return Copying.Whole(path, layout, 0).AsSpan().SequenceEqual(Transposed(wide, left, 4));
        });

    static TensorMap Transposed(Shape left, Shape right) => new(
        MapSide.Of([new MappedTensor("l", left)]), MapSide.Of([new MappedTensor("r", right)]), [new Link(0, Box.Whole(left), 0, Box.Whole(right)) { Axes = [0, 2, 1] }]);

    static byte[] Transposed(byte[] bytes, Shape shape, int size)
    {
        var result = new byte[bytes.Length];
        var at = 0;
        for (var e = 0; e < shape[0]; e++)
        {
            for (var c = 0; c < shape[2]; c++)
            {
                for (var r = 0; r < shape[1]; r++, at += size) { bytes.AsSpan((int)((((e * shape[1]) + r) * shape[2]) + c) * size, size).CopyTo(result.AsSpan(at)); }
            }
        }
        return result;
    }
}
