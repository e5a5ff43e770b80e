using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Several processes share a run; here they are calls, which lock each other out as processes do.</summary>
public sealed class WorkerLaws
{
    static readonly Shape s_shape = new(40, 9);

    [Fact, Clause("SHD-8.1"), Clause("SHD-8.2")]
    public void SharesTogetherAreTheWholeAndOnePublishes() => Law.Holds(
        from workers in Gen.Choose(2, 7)
        from seed in Gen.Choose(0, 1000)
        select (workers, seed),
        c =>
        {
            using var folder = new TemporaryFolder();
            var (source, plan) = Case();
            var order = Enumerable.Range(0, c.workers).ToArray();
            new Random(c.seed).Shuffle(order);
            var bytes = new List<long>();
            var published = order.Count(worker => Work(folder, plan, source, worker, c.workers, bytes));
            // Blocks are of 64 bytes: no share is larger than an equal one by more than a block at each end.
            var total = plan.Layout.Files[0].Data.Sum(range => range.Length);
            return published == 1 && bytes.Sum() == total && bytes.All(b => b <= (total / c.workers) + 128)
                && Bytes(folder).AsSpan().SequenceEqual(Expected(plan, source)) && !Directory.Exists(folder["out"] + ".partial") && Directory.GetFiles(folder["out"]).Length == 2;
        }, count: 60); // each run flushes several times

    [Fact, Clause("SHD-8.2")]
    public void AtTheSameTimeTooOnePublishes()
    {
        for (var round = 0; round < 10; round++)
        {
            using var folder = new TemporaryFolder();
            var (source, plan) = Case();
            var published = 0;
            var threads = Enumerable.Range(0, 4).Select(worker => new Thread(() =>
            {
                if (Work(folder, plan, source, worker, 4, [])) { Interlocked.Increment(ref published); }
            })).ToArray();
            foreach (var thread in threads) { thread.Start(); }
            foreach (var thread in threads) { thread.Join(); }
            Assert.Equal(1, published);
            Assert.Equal(Expected(plan, source), Bytes(folder));
        }
    }

    [Fact, Clause("SHD-8.2")]
    public void AWorkerThatHasOnlyItsLockIsNotInTheWay()
    {
        using var folder = new TemporaryFolder();
        var (source, plan) = Case();
        Directory.CreateDirectory(folder["out"] + ".partial");
        File.WriteAllText(Path.Combine(folder["out"] + ".partial", ".ckpt-lock-1"), "");
        Assert.False(Work(folder, plan, source, 0, 2, []));
        Assert.True(Work(folder, plan, source, 1, 2, []));
        Assert.Equal(Expected(plan, source), Bytes(folder));
    }

    [Fact, Clause("SHD-8.3")]
    public void ALostWorkersShareIsTakenUpByARerun() => Law.Holds(
        from workers in Gen.Choose(2, 5)
        from lost in Gen.Choose(0, 4)
        from after in Gen.Choose(0, 6)
        from rerun in Gen.Choose(0, 3)
        select (workers, lost: lost % workers, after, rerun),
        c =>
        {
            using var folder = new TemporaryFolder();
            var (source, plan) = Case();
            for (var worker = 0; worker < c.workers; worker++)
            {
                // A share that needs no more boxes than the reader gives is not lost at all.
                try { if (Work(folder, plan, worker == c.lost ? new FailingReader(source, c.after) : source, worker, c.workers, [])) { return Bytes(folder).AsSpan().SequenceEqual(Expected(plan, source)); } }
                catch (IOException) { }
            }
            if (Directory.Exists(folder["out"])) { return false; }
            // Its own line again, or all of it by another number of workers.
            var published = 0;
            var again = new List<long>();
            if (c.rerun == 0) { published += Work(folder, plan, source, c.lost, c.workers, again) ? 1 : 0; }
            for (var worker = 0; worker < c.rerun; worker++) { published += Work(folder, plan, source, worker, c.rerun, again) ? 1 : 0; }
            return published == 1 && Bytes(folder).AsSpan().SequenceEqual(Expected(plan, source))
                && again.Sum() <= plan.Layout.Files[0].Data.Sum(range => range.Length);
        }, count: 60);

    [Fact, Clause("SHD-4.3"), Clause("SHD-8.3")]
    public void AnotherPlansWorkersAreRefused()
    {
        using var folder = new TemporaryFolder();
        using (PartialOutput.Open(folder["out"], "h", new RunOptions { Worker = 1, Workers = 2 })) { }
        Assert.Contains("--restart", Assert.Throws<OutputException>(() => PartialOutput.Open(folder["out"], "other", new RunOptions { Worker = 0, Workers = 2 })).Message, StringComparison.Ordinal);
    }

    [Fact, Clause("SHD-8.2")]
    public void AReceiptTellsOfThePlanItIsOf()
    {
        using var folder = new TemporaryFolder();
        Assert.False(PartialOutput.IsPublished(folder["out"], "h"));
        Directory.CreateDirectory(folder["out"]);
        var receipt = Path.Combine(folder["out"], PartialOutput.ReceiptName);
        foreach (var (text, is_) in ((string, bool)[])[("{\"run\": {\"plan\": \"h\"}}", true), ("{\"run\": {\"plan\": \"g\"}}", false), ("{}", false), ("{", false), ("[]", false)])
        {
            File.WriteAllText(receipt, text);
            Assert.Equal(is_, PartialOutput.IsPublished(folder["out"], "h"));
        }
    }

    /// <summary>One worker's run; whether it published.</summary>
    static bool Work(TemporaryFolder folder, CopyPlan plan, ICheckpointReader source, int worker, int workers, List<long> copied)
    {
        var options = new RunOptions { BlockBytes = 64, Threads = 1, Worker = worker, Workers = workers };
        var progress = new Counting();
        var hash = PlanHash.Of(plan, "x");
        if (PartialOutput.IsPublished(folder["out"], hash)) { return false; }
        using var output = PartialOutput.Open(folder["out"], hash, options);
        var files = CopyRunner.Run(plan, source, output, options, progress, CancellationToken.None);
        lock (copied) { copied.Add(progress.Copied); }
        if (files is null) { return false; }
        File.WriteAllText(Path.Combine(output.Folder, PartialOutput.ReceiptName), $$$"""{"run": {"plan": "{{{hash}}}"}}""");
        output.Publish();
        return true;
    }

    static (MemoryCheckpoint Source, CopyPlan Plan) Case()
    {
        var source = new MemoryCheckpoint().Add("t", DType.F32, s_shape, Copying.Bytes(5, s_shape.Count * 4), Cuts.Of(s_shape, 3, 4));
        var layout = Copying.Framed([new TensorTarget("t", DType.F32, s_shape, Cuts.Of(s_shape, 9, 5))]);
        return (source, CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), layout));
    }

    static byte[] Expected(CopyPlan plan, ICheckpointReader source)
    {
        using var folder = new TemporaryFolder();
        return File.ReadAllBytes(Path.Combine(Copying.Run(folder, "alone", plan, source), "t0"));
    }

    static byte[] Bytes(TemporaryFolder folder) => File.ReadAllBytes(Path.Combine(folder["out"], "t0"));

    sealed class Counting : IRunProgress
    {
        bool _copying;

        internal long Copied { get; private set; }

        public void Begin(string phase, long bytes) => _copying = phase == "copying";

        public void Advance(long bytes) => Copied += _copying ? bytes : 0;
    }
}
