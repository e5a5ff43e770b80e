using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Zarr;
using Ckpt.Kit;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Zarr;

public sealed class ZarrLaws
{
    [Fact, Clause("ZAR-6.7"), Clause("ZAR-3.9"), Clause("ZAR-3.4")]
    public void WhatIsWrittenReadsBackHoweverItIsWritten() => Law.Holds(ZarrCase.Of(smallest: 2), c =>
    {
        using var folder = new TemporaryFolder();
        var source = c.Source();
        c.Write(source, folder["z"]);
        using var reader = CheckpointOpener.Open(folder["z"]);
        return reader.Tensors.Count == 2 && source.Tensors.All(tensor => reader.Tensors.Single(t => t.Name == tensor.Name) is var read
            && read.DType == tensor.DType && read.Shape == tensor.Shape
            && TensorAssembler.ReadWhole(reader, read).AsSpan().SequenceEqual(TensorAssembler.ReadWhole(source, tensor)));
    });

    [Fact, Clause("ZAR-6.7"), Clause("SHD-9.1"), Clause("SHD-3.1")]
    public void ARunnerWritesTheSameFiles() => Law.Holds(ZarrCase.Of(smallest: 4), c =>
    {
        using var folder = new TemporaryFolder();
        var source = c.Source();
        c.Write(source, folder["plain"]);
        var plan = CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), new ZarrWriter(c.Options).LayOut(c.Targets));
        var options = new RunOptions { BlockBytes = 64, Threads = 2 };
        using var output = PartialOutput.Open(folder["run"], PlanHash.Of(plan, ""), options);
        CopyRunner.Run(plan, source, output, options, new NoProgress(), CancellationToken.None);
        OutputFinisher.Write(output, plan.Layout.Closing);
        output.Publish();
        var files = Directory.EnumerateFiles(folder["plain"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder["plain"], f)).ToList();
        return files.Count == Directory.EnumerateFiles(folder["run"], "*", SearchOption.AllDirectories).Count()
            && files.All(f => File.ReadAllBytes(Path.Combine(folder["plain"], f)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder["run"], f))));
    });

    [Fact, Clause("ZAR-3.7"), Clause("ZAR-3.6"), Clause("ZAR-2.1")]
    public void DamageIsRefusedOrSeenAsOtherNumbers() => Law.Holds(
        from c in ZarrCase.Of(smallest: 2)
        from file in Gen.Choose(0, 1000)
        from at in Gen.Choose(0, 1 << 20)
        from flip in Gen.Choose(0, 255)
        select (c, file, at, flip),
        x =>
        {
            using var folder = new TemporaryFolder();
            var source = x.c.Source();
            x.c.Write(source, folder["z"]);
            var files = Directory.EnumerateFiles(folder["z"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
            var path = files[x.file % files.Count];
            var bytes = File.ReadAllBytes(path);
            // Zero flips cut the file off there.
            if (x.flip == 0) { bytes = bytes[..(x.at % bytes.Length)]; }
            else { bytes[x.at % bytes.Length] ^= (byte)x.flip; }
            File.WriteAllBytes(path, bytes);
            try
            {
                using var reader = ZarrReader.Open(folder["z"]);
                ZarrVectors.ReadAll(reader);
                var isSummed = x.c.Options.Codecs is [.., { Kind: ZarrCodecKind.Crc32c }];
                return x.flip == 0 || !isSummed || Path.GetFileName(path) is "zarr.json" || source.Tensors.All(t => IsSame(reader, source, t));
            }
            catch (CheckpointException fault) { return fault.Clause.StartsWith("ZAR-", StringComparison.Ordinal); }
        });

    [Fact, Clause("ZAR-6.3")]
    public void AGridIsCutIntoChunksNoLargerThanAsked() => Law.Holds(
        from shape in Cuts.Shapes(maxSize: 300)
        from most in Gen.Choose(1, 5000)
        from leading in Gen.Choose(0, shape.Rank)
        select (shape, most, leading),
        c =>
        {
            var chunk = ZarrGrid.ChunkShape(c.shape, DType.F32, c.most, c.leading);
            var fits = chunk.Count * 4 <= c.most || chunk.Dims[c.leading..].IndexOfAnyExcept(1) < 0;
            var ones = chunk.Dims[..c.leading].IndexOfAnyExcept(1) < 0;
            return fits && ones && (c.shape.Count > 10_000 || IsGrid(c.shape, chunk));
        });

    static bool IsGrid(Shape shape, Shape chunk)
    {
        var boxes = ZarrGrid.Boxes(shape, chunk);
        return BoxTiling.Check(shape, boxes) == TilingFault.None && ZarrGrid.Of(shape, boxes) == chunk && ZarrGrid.Of(shape, [.. boxes.Reverse()]) == chunk;
    }

    static bool IsSame(ICheckpointReader reader, MemoryCheckpoint source, TensorInfo tensor) =>
        reader.Tensors.FirstOrDefault(t => t.Name == tensor.Name) is { } read
        && TensorAssembler.ReadWhole(reader, read).AsSpan().SequenceEqual(TensorAssembler.ReadWhole(source, tensor));
}
