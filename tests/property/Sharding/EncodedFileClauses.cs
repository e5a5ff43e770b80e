using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

public class EncodedFileClauses
{
    static readonly RunOptions s_options = new() { BlockBytes = 16, Threads = 3 };

    [Fact, Clause("SHD-9.1")]
    public void WhatIsStoredIsTheEncodingOfAllOfTheContent() => Law.Holds(
        from shape in Cuts.Shapes(maxRank: 3)
        from seed in Gen.Choose(0, 1000)
        select (shape, seed),
        c =>
        {
            var (source, plan, files) = Case(c.shape, c.seed);
            using var folder = new TemporaryFolder();
            using var output = PartialOutput.Open(folder["out"], PlanHash.Of(plan, ""), s_options);
            var written = CopyRunner.Run(plan, source, output, s_options, new NoProgress(), CancellationToken.None)!;
            output.Publish();
            return written.All(w => File.ReadAllBytes(Path.Combine(folder["out"], w.Path)) is var found
                && found.AsSpan().SequenceEqual(files[w.Path]) && w.Length == found.Length && w.Crc32 == Crc32.Of(found));
        });

    [Fact, Clause("SHD-9.2"), Clause("SHD-4.6")]
    public void AnInterruptedRunKeepsWholeFilesAndMakesTheOthersAnew() => Law.Holds(
        from spoiled in Gen.Choose(0, 3)
        from kind in Gen.Choose(0, 3)
        select (spoiled, kind),
        c =>
        {
            var (source, plan, files) = Case(new Shape(9, 4), 7);
            using var folder = new TemporaryFolder();
            var counting = new CountingReader(source);
            using (var first = PartialOutput.Open(folder["out"], "h", s_options)) { CopyRunner.Run(plan, source, first, s_options, new NoProgress(), CancellationToken.None); }
            var path = Path.Combine(folder["out"] + ".partial", plan.Layout.Files[c.spoiled].Path);
            var bytes = File.ReadAllBytes(path);
            File.WriteAllBytes(path, c.kind switch { 0 => bytes, 1 => bytes[..^1], 2 => [.. bytes, 0], _ => [(byte)~bytes[0], .. bytes[1..]] });
            using var second = PartialOutput.Open(folder["out"], "h", s_options);
            CopyRunner.Run(plan, counting, second, s_options, new NoProgress(), CancellationToken.None);
            second.Publish();
            return counting.Located == (c.kind == 0 ? 0 : 2) && files.All(f => File.ReadAllBytes(Path.Combine(folder["out"], f.Key)).AsSpan().SequenceEqual(f.Value));
        }, 40);

    [Fact, Clause("SHD-9.1"), Clause("SHD-5.1")]
    public void ABudgetCountsTheContentAndTheEncoding()
    {
        var (source, plan, _) = Case(new Shape(4, 1 << 8), 1);
        var small = MemoryBudget.Fit(plan with { Layout = plan.Layout with { Files = [] } }, s_options);
        var with = MemoryBudget.Fit(plan, s_options);
        var perThread = (plan.Layout.Files.Max(f => f.Length) + 1000) * s_options.Threads;
        Assert.Equal(perThread, with.PeakBytes - small.PeakBytes);
        Assert.Equal(perThread + 5000 + (s_options.Threads * 70L), MemoryBudget.Fit(plan, s_options, new ReadingCost(5000, 70)).PeakBytes - small.PeakBytes);
        Assert.Throws<BudgetException>(() => MemoryBudget.Fit(plan, s_options with { MaxMemory = small.PeakBytes }));
        source.Dispose();
    }

    [Fact, Clause("SHD-9.1")]
    public void AnotherEncodingIsAnotherPlan()
    {
        var (_, plan, _) = Case(new Shape(9, 4), 7);
        var files = plan.Layout.Files.Select(f => f with { Encode = f.Encode! with { Name = "other" } }).ToList();
        Assert.NotEqual(PlanHash.Of(plan, ""), PlanHash.Of(plan with { Layout = plan.Layout with { Files = files } }, ""));
    }

    [Fact, Clause("SHD-9.3"), Clause("SHD-3.1")]
    public void MoreFilesThanMayBeOpenAreWritten()
    {
        var shape = new Shape(1200, 3);
        var source = new MemoryCheckpoint().Add("t", DType.U8, shape, Copying.Bytes(3, 3600));
        var targets = new[] { new TensorTarget("t", DType.U8, shape, TargetMaker.Cut(shape, 1)) };
        var files = targets[0].Boxes.Select((_, i) => new FileLayout($"{i % 7}/{i}", 5, [new DataRange(2, 3, 0, i)], [new Frame(0, 2, 0, crc => [(byte)crc, 7])])).ToList();
        var plan = CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), new CheckpointLayout(targets, files, []));
        using var folder = new TemporaryFolder();
        using var output = PartialOutput.Open(folder["out"], "h", s_options);
        var watch = new OpenFileWatch();
        CopyRunner.Run(plan, source, output, s_options, watch, CancellationToken.None);
        Assert.InRange(watch.Most, 1, 1000);
        output.Publish();
        var whole = Copying.Bytes(3, 3600);
        for (var i = 0; i < 1200; i++)
        {
            var data = whole[(3 * i)..(3 * (i + 1))];
            Assert.Equal([(byte)Crc32.Of(data), 7, .. data], File.ReadAllBytes(Path.Combine(folder["out"], $"{i % 7}", $"{i}")));
        }
    }

    /// <summary>Four files, each a row range of one tensor in two data ranges, stored reversed after a byte that says how many.</summary>
    static (MemoryCheckpoint Source, CopyPlan Plan, Dictionary<string, byte[]> Files) Case(Shape shape, int seed)
    {
        shape = new Shape([8, .. shape.Dims]);
        var bytes = Copying.Bytes(seed, shape.Count);
        var source = new MemoryCheckpoint().Add("t", DType.U8, shape, bytes);
        var targets = new[] { new TensorTarget("t", DType.U8, shape, TargetMaker.Cut(shape, 1)) };
        var row = shape.Count / 8;
        var encoding = new FileEncoding("reversed", (2 * row) + 1, 1000, static content =>
        {
            var stored = new byte[content.Length + 1];
            stored[^1] = (byte)content.Length;
            content.CopyTo(stored);
            Array.Reverse(stored);
            return stored;
        });
        var files = Enumerable.Range(0, 4)
            .Select(i => new FileLayout($"f{i}", 2 * row, [new DataRange(0, row, 0, 2 * i), new DataRange(row, row, 0, (2 * i) + 1)], []) { Encode = encoding }).ToList();
        var plan = CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), new CheckpointLayout(targets, files, []));
        var expected = Enumerable.Range(0, 4).ToDictionary(
            i => $"f{i}", i => (byte[])[(byte)(2 * row), .. bytes[(int)(2 * row * i)..(int)(2 * row * (i + 1))].Reverse()]);
        return (source, plan, expected);
    }

    /// <summary>Counts what the process has open, now and then.</summary>
    sealed class OpenFileWatch : IRunProgress
    {
        readonly Lock _lock = new();
        int _calls;

        internal int Most { get; private set; }

        public void Begin(string phase, long bytes) { }

        public void Advance(long bytes)
        {
            if (Interlocked.Increment(ref _calls) % 100 != 0) { return; }
            var open = OperatingSystem.IsLinux() ? Directory.EnumerateFiles("/proc/self/fd").Count() : 1;
            lock (_lock) { Most = Math.Max(Most, open); }
        }
    }

    sealed class CountingReader(MemoryCheckpoint inner) : ICheckpointReader
    {
        int _located;

        internal int Located => _located;

        public string Format => inner.Format;

        public string Path => inner.Path;

        public IReadOnlyList<FileEntry> Files => inner.Files;

        public IReadOnlyList<TensorInfo> Tensors => inner.Tensors;

        public IReadOnlyList<ObjectInfo> Objects => inner.Objects;

        public System.Text.Json.Nodes.JsonObject Describe() => inner.Describe();

        public BoxPayload Locate(TensorInfo tensor, int box)
        {
            Interlocked.Increment(ref _located);
            return inner.Locate(tensor, box);
        }

        public void Dispose() { }
    }
}
