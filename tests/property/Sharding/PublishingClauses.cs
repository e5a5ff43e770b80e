using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

public class PublishingClauses
{
    static readonly Shape s_shape = new(30, 7);
    static readonly RunOptions s_options = new() { BlockBytes = 64, Threads = 2 };

    [Fact, Clause("SHD-3.1")]
    public void ThreadsAndBlocksDoNotChangeTheBytes()
    {
        using var folder = new TemporaryFolder();
        var (source, plan) = Case();
        var one = Copying.Run(folder, "one", plan, source, blockBytes: 16, threads: 1);
        var many = Copying.Run(folder, "many", plan, source, blockBytes: 128, threads: 5);
        Assert.Equal(Bytes(one), Bytes(many));
    }

    [Fact, Clause("SHD-4.1"), Clause("SHD-4.4"), Clause("SHD-4.6"), Clause("SHD-2.1")]
    public void AnInterruptedRunContinuesToTheSameBytes() => Law.Holds(
        from stop in Gen.Choose(0, 12)
        from spoil in Gen.Choose(0, 900)
        select (stop, spoil),
        c =>
        {
            using var folder = new TemporaryFolder();
            var (source, plan) = Case();
            var expected = Bytes(Copying.Run(folder, "undisturbed", plan, source));
            var hash = PlanHash.Of(plan, "x");
            var failing = new FailingReader(source, c.stop);
            using (var first = PartialOutput.Open(folder["out"], hash, s_options))
            {
                try { CopyRunner.Run(plan, failing, first, s_options, new NoProgress(), CancellationToken.None); }
                catch (IOException) { }
            }
            if (Directory.Exists(folder["out"])) { return false; }
            var grown = Path.Combine(folder["out"] + ".partial", "t0");
            if (File.Exists(grown) && c.spoil < new FileInfo(grown).Length) { Spoil(grown, c.spoil); } // what a power cut may do to data the journal tells of
            using var second = PartialOutput.Open(folder["out"], hash, s_options);
            CopyRunner.Run(plan, source, second, s_options, new NoProgress(), CancellationToken.None);
            second.Publish();
            return Bytes(folder["out"]).AsSpan().SequenceEqual(expected)
                && !Directory.Exists(folder["out"] + ".partial") && Directory.GetFiles(folder["out"]).Length == 1;
        });

    [Fact, Clause("SHD-4.6")]
    public void FinishedBlocksAreNotReadAgain()
    {
        using var folder = new TemporaryFolder();
        var (source, plan) = Case();
        using (var first = PartialOutput.Open(folder["out"], "h", s_options)) { CopyRunner.Run(plan, source, first, s_options, new NoProgress(), CancellationToken.None); }
        using var second = PartialOutput.Open(folder["out"], "h", s_options);
        CopyRunner.Run(plan, new FailingReader(source, 0), second, s_options, new NoProgress(), CancellationToken.None);
    }

    [Fact, Clause("SHD-4.6")]
    public void AJournalLineCutOffByACrashIsIgnored()
    {
        using var folder = new TemporaryFolder();
        var (source, plan) = Case();
        using (var first = PartialOutput.Open(folder["out"], "h", s_options)) { CopyRunner.Run(plan, source, first, s_options, new NoProgress(), CancellationToken.None); }
        var journal = Path.Combine(folder["out"] + ".partial", ".ckpt-journal");
        var text = File.ReadAllText(journal);
        for (var cut = text.Length - 1; cut > 0; cut -= 7)
        {
            File.WriteAllText(journal, text[..cut]);
            using var again = PartialOutput.Open(folder["out"], "h", s_options);
            CopyRunner.Run(plan, source, again, s_options, new NoProgress(), CancellationToken.None);
        }
    }

    [Fact, Clause("SHD-4.2")]
    public void ASecondWriterIsRefused()
    {
        using var folder = new TemporaryFolder();
        using var first = PartialOutput.Open(folder["out"], "h", s_options);
        Assert.Contains("another run", Assert.Throws<OutputException>(() => PartialOutput.Open(folder["out"], "h", s_options)).Message, StringComparison.Ordinal);
        Assert.Contains("another run", Assert.Throws<OutputException>(() => PartialOutput.Open(folder["out"], "h", s_options with { Restart = true })).Message, StringComparison.Ordinal);
    }

    [Fact, Clause("SHD-4.3")]
    public void WorkOfAnotherPlanIsContinuedOnlyByRestarting()
    {
        using var folder = new TemporaryFolder();
        PartialOutput.Open(folder["out"], "h", s_options).Dispose();
        File.WriteAllText(Path.Combine(folder["out"] + ".partial", "stale"), "x");
        Assert.Contains("--restart", Assert.Throws<OutputException>(() => PartialOutput.Open(folder["out"], "other", s_options)).Message, StringComparison.Ordinal);
        using var restarted = PartialOutput.Open(folder["out"], "other", s_options with { Restart = true });
        Assert.False(File.Exists(Path.Combine(restarted.Folder, "stale")));
    }

    [Fact, Clause("SHD-4.3")]
    public void AFolderInTheWayThatIsNotOursIsLeftAlone()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["out.partial"]);
        File.WriteAllText(Path.Combine(folder["out.partial"], "precious"), "x");
        foreach (var options in (RunOptions[])[s_options, s_options with { Restart = true }])
        {
            Assert.Throws<OutputException>(() => PartialOutput.Open(folder["out"], "h", options));
        }
        Assert.True(File.Exists(Path.Combine(folder["out.partial"], "precious")));
    }

    [Fact, Clause("SHD-4.5")]
    public void AnOutputIsReplacedWholeAndOnlyWhenAsked()
    {
        using var folder = new TemporaryFolder();
        var (source, plan) = Case();
        Directory.CreateDirectory(folder["out"]);
        File.WriteAllText(Path.Combine(folder["out"], "precious"), "x");
        Assert.Throws<OutputException>(() => PartialOutput.Open(folder["out"], "h", s_options with { ReplaceExisting = true }));
        File.WriteAllText(Path.Combine(folder["out"], PartialOutput.ReceiptName), "{}");
        Assert.Contains("--exist_ok", Assert.Throws<OutputException>(() => PartialOutput.Open(folder["out"], "h", s_options)).Message, StringComparison.Ordinal);
        using (var output = PartialOutput.Open(folder["out"], "h", s_options with { ReplaceExisting = true }))
        {
            CopyRunner.Run(plan, source, output, s_options, new NoProgress(), CancellationToken.None);
            Assert.True(File.Exists(Path.Combine(folder["out"], "precious")));
            output.Publish();
        }
        Assert.Equal(["t0"], Directory.GetFiles(folder["out"]).Select(Path.GetFileName));
        Assert.False(Directory.Exists(folder["out"] + ".partial"));
    }

    static (MemoryCheckpoint Source, CopyPlan Plan) Case()
    {
        var source = new MemoryCheckpoint().Add("t", DType.F32, s_shape, Copying.Bytes(5, s_shape.Count * 4), Cuts.Of(s_shape, 3, 4));
        var layout = Copying.Framed([new TensorTarget("t", DType.F32, s_shape, Cuts.Of(s_shape, 9, 5))]);
        return (source, CopyPlanner.Plan(source.Tensors, Copying.IdentityOf(source), layout));
    }

    static byte[] Bytes(string output) => File.ReadAllBytes(Path.Combine(output, "t0"));

    static void Spoil(string file, int at)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        stream.WriteByte(0xEE);
    }
}
