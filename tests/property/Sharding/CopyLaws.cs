using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

public class CopyLaws
{
    static readonly DType[] s_types = [DType.U8, DType.BF16, DType.F32, DType.C64, DType.C128];

    readonly record struct Case(Shape Shape, DType DType, int Seed, int CutA, int CutB, int CutC, int[]? AxisOrder, int Block, int Threads);

    static readonly Gen<Case> s_cases =
        from shape in Cuts.Shapes()
        from dtype in Gen.Elements(s_types)
        from seed in Gen.Choose(0, int.MaxValue - 4)
        from a in Gen.Choose(0, 12)
        from b in Gen.Choose(0, 12)
        from c in Gen.Choose(0, 12)
        from strided in Gen.Choose(0, 2)
        from order in Gen.Shuffle(Enumerable.Range(0, shape.Rank).ToArray())
        from block in Gen.Elements(16, 32, 64, 1024)
        from threads in Gen.Choose(1, 3)
        select new Case(shape, dtype, seed, a, b, c, strided == 0 ? order : null, block, threads);

    [Fact, Clause("SHD-2.1"), Clause("SHD-2.6"), Clause("SHD-3.2")]
    public void AnyCutBecomesAnyOtherCut() => Law.Holds(s_cases, c =>
    {
        using var folder = new TemporaryFolder();
        var (source, bytes) = Source(c);
        var layout = Copying.Framed([new TensorTarget("t", c.DType, c.Shape, Cuts.Of(c.Shape, c.Seed + 1, c.CutB))]);
        var plan = CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), layout);
        var path = Copying.Run(folder, "b", plan, source, c.Block, c.Threads);
        return bytes.AsSpan().SequenceEqual(Copying.Whole(path, layout, 0)) && FramesHold(path, layout) && plan.Ledger.ElementsCopied == c.Shape.Count;
    });

    [Fact, Clause("SHD-2.4")]
    public void AToBToCIsAToC() => Law.Holds(s_cases, c =>
    {
        using var folder = new TemporaryFolder();
        var (a, _) = Source(c);
        var map = Copying.IdentityOf(a);
        var layoutB = Copying.Framed([new TensorTarget("t", c.DType, c.Shape, Cuts.Of(c.Shape, c.Seed + 1, c.CutB))]);
        var layoutC = Copying.Framed([new TensorTarget("t", c.DType, c.Shape, Cuts.Of(c.Shape, c.Seed + 2, c.CutC))]);
        var b = Copying.Open(Copying.Run(folder, "b", CopyPlanner.Plan(a.Tensors, map, layoutB), a, c.Block), layoutB);
        var viaB = Copying.Run(folder, "bc", CopyPlanner.Plan(b.Tensors, map, layoutC), b, c.Block);
        var direct = Copying.Run(folder, "c", CopyPlanner.Plan(a.Tensors, map, layoutC), a, 48);
        return File.ReadAllBytes(Path.Combine(viaB, "t0")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(direct, "t0")));
    });

    /// <summary>Rows of two tensors interleaved by groups into one of another rank, with padding: the shape of every fusion of the bridge.</summary>
    [Fact, Clause("SHD-2.4"), Clause("SHD-2.1")]
    public void AFusionAndItsReverseAreTheIdentity() => Law.Holds(
        from groups in Gen.Choose(1, 4)
        from rowsA in Gen.Choose(1, 3)
        from rowsB in Gen.Choose(1, 2)
        from columns in Gen.Choose(1, 9)
        from padding in Gen.Choose(0, 3)
        from seed in Gen.Choose(0, int.MaxValue - 4)
        from cut in Gen.Choose(0, 8)
        select (groups, rowsA, rowsB, columns, padding, seed, cut),
        c =>
        {
            using var folder = new TemporaryFolder();
            var shapeA = new Shape(c.groups * c.rowsA, c.columns);
            var shapeB = new Shape(c.groups * c.rowsB, c.columns);
            var rows = (long)c.groups * (c.rowsA + c.rowsB);
            var fused = new Shape(1, rows + c.padding, c.columns);
            var links = new List<Link>();
            for (var g = 0; g < c.groups; g++)
            {
                var at = (long)g * (c.rowsA + c.rowsB);
                links.Add(new Link(0, new Box([g * c.rowsA, 0], [c.rowsA, c.columns]), 0, new Box([0, at, 0], [1, c.rowsA, c.columns])));
                links.Add(new Link(1, new Box([g * c.rowsB, 0], [c.rowsB, c.columns]), 0, new Box([0, at + c.rowsA, 0], [1, c.rowsB, c.columns])));
            }
            var right = new MapSide([new MappedTensor("f", fused)], c.padding == 0 ? [] : [new Padding(0, new Box([0, rows, 0], [1, c.padding, c.columns]), "pad")], [], []);
            var map = new TensorMap(MapSide.Of([new MappedTensor("a", shapeA), new MappedTensor("b", shapeB)]), right, links);
            var (bytesA, bytesB) = (Copying.Bytes(c.seed, shapeA.Count * 2), Copying.Bytes(c.seed + 1, shapeB.Count * 2));
            var source = new MemoryCheckpoint().Add("a", DType.BF16, shapeA, bytesA, Cuts.Of(shapeA, c.seed, c.cut)).Add("b", DType.BF16, shapeB, bytesB);

            var there = Copying.Framed([new TensorTarget("f", DType.BF16, fused, Cuts.Of(fused, c.seed + 2, c.cut))]);
            var middle = Copying.Open(Copying.Run(folder, "f", CopyPlanner.Plan(source.Tensors, map, there), source), there);
            var back = Copying.Framed([TensorTarget.Whole("b", DType.BF16, shapeB), new TensorTarget("a", DType.BF16, shapeA, Cuts.Of(shapeA, c.seed + 3, c.cut))]);
            var plan = CopyPlanner.Plan(middle.Tensors, map.Reverse(), back);
            var path = Copying.Run(folder, "ab", plan, middle);
            var expected = new List<byte>();
            for (var g = 0; g < c.groups; g++)
            {
                expected.AddRange(bytesA[(g * c.rowsA * c.columns * 2)..((g + 1) * c.rowsA * c.columns * 2)]);
                expected.AddRange(bytesB[(g * c.rowsB * c.columns * 2)..((g + 1) * c.rowsB * c.columns * 2)]);
            }
            expected.AddRange(new byte[c.padding * c.columns * 2]);
            return Copying.Whole(folder["f"], there, 0).AsSpan().SequenceEqual(expected.ToArray())
                && Copying.Whole(path, back, 0).AsSpan().SequenceEqual(bytesB)
                && Copying.Whole(path, back, 1).AsSpan().SequenceEqual(bytesA)
                && plan.Ledger.Dropped.Sum(d => d.Elements) == c.padding * c.columns;
        });

    static (MemoryCheckpoint Source, byte[] Bytes) Source(Case c)
    {
        var bytes = Copying.Bytes(c.Seed, c.DType.ByteLength(c.Shape.Count));
        return (new MemoryCheckpoint().Add("t", c.DType, c.Shape, bytes, Cuts.Of(c.Shape, c.Seed, c.CutA), c.AxisOrder), bytes);
    }

    static bool FramesHold(string path, CheckpointLayout layout)
    {
        foreach (var file in layout.Files)
        {
            var bytes = File.ReadAllBytes(Path.Combine(path, file.Path));
            if (bytes.Length != file.Length) { return false; }
            foreach (var range in file.Data)
            {
                var crc = Crc32.Of(bytes.AsSpan((int)range.Offset, (int)range.Length));
                if (bytes[range.Offset - 1] != 0x5A || BitConverter.ToUInt32(bytes, (int)(range.Offset + range.Length)) != crc) { return false; }
            }
        }
        return true;
    }
}
