using System.Text.Json.Nodes;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Output;
using Ckpt.Formats;
using Ckpt.Formats.Hub;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

public class ResultTests
{
    static readonly string[] s_export = ["export", "--to_hf", "--mcore_model", "/data/ck", "--output_dir", "/nonexistent/out"];

    public static TheoryData<string, int> Faults => new()
    {
        { "usage", 2 }, { "layout of a flag", 2 }, { "layout of a file", 3 }, { "malformed", 3 }, { "absent", 3 }, { "no folder", 3 }, { "truncated", 3 },
        { "no right", 3 }, { "unsupported", 4 }, { "disk full", 5 }, { "quota", 5 }, { "budget", 5 }, { "interrupted", 130 }, { "bug", 70 },
        { "of several threads", 3 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    [Clause("CLI-4.1")]
    public void EveryFaultHasItsExitCode(string fault, int exitCode)
    {
        var run = ProgramRun.Of(s_export, new RecordingRunner(_ => throw Make(fault)));
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal("", run.Out);
        Assert.Contains("ckpt: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-4.1")]
    public void DoneIsNought() => Assert.Equal((0, "3 written\n"), (ProgramRun.Of(s_export).ExitCode, ProgramRun.Of(s_export).Out));

    [Fact]
    [Clause("CLI-4.1")]
    public void AnInterruptEndsWith130()
    {
        using var interrupt = new CancellationTokenSource();
        interrupt.Cancel();
        var run = ProgramRun.Of(s_export, cancel: interrupt.Token);
        Assert.Equal(130, run.ExitCode);
        Assert.Contains("same command again", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-4.2")]
    public void AnAbsentPathComesWithTheNearestOne()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["Qwen3-8B"]);
        var run = ProgramRun.Of(["ls", folder["Qwen3-8b/iter_0000001"]]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"Did you mean {folder["Qwen3-8B"]}?", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-4.2")]
    public void ABugIsReportedWithItsStack()
    {
        var run = ProgramRun.Of(s_export, new RecordingRunner(_ => throw Make("bug")));
        Assert.Contains("KeyNotFoundException: key", run.Error, StringComparison.Ordinal);
        Assert.Contains(nameof(RecordingRunner), run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-4.3")]
    public void WithJsonThereIsOneValue()
    {
        var done = ProgramRun.Of([.. s_export, "--json", "--attention_backend", "flash"], new RecordingRunner(p => { p.Phase("copy", 5); p.Advance(5); p.Note("n"); }));
        Assert.Equal(3, JsonNode.Parse(done.Out)!["written"]!.GetValue<int>());
        Assert.Equal("", done.Error);

        var failed = JsonNode.Parse(ProgramRun.Of([.. s_export, "--json"], new RecordingRunner(_ => throw Make("malformed"))).Out)!["error"]!;
        Assert.Equal(("malformed", 3, "SFT-0.0", "a.safetensors"), (failed["kind"]!.GetValue<string>(), failed["exit_code"]!.GetValue<int>(),
            failed["clause"]!.GetValue<string>(), failed["where"]!.GetValue<string>()));

        Assert.Equal("bad_arguments", JsonNode.Parse(ProgramRun.Of(["export", "--nonsense", "--json"]).Out)!["error"]!["kind"]!.GetValue<string>());
    }

    [Fact]
    [Clause("CLI-4.4")]
    public void ProgressIsPlainLinesWhereThereIsNoTerminal()
    {
        var run = ProgramRun.Of(s_export, new RecordingRunner(p => { p.Phase("copy", 2_000_000); p.Advance(2_000_000); p.Note("a note"); }));
        Assert.Equal("3 written\n", run.Out);
        Assert.Contains("a note\ncopy: 2.00 MB in ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    [Fact]
    [Clause("CLI-4.4")]
    public void QuietSaysResultsOnly() =>
        Assert.Equal("", ProgramRun.Of([.. s_export, "--quiet", "--tp", "2"], new RecordingRunner(p => { p.Phase("copy", 5); p.Note("n"); })).Error);

    [Theory]
    [Clause("CLI-4.4")]
    [InlineData(true)]
    [InlineData(false)]
    public void ATerminalHasBarsAndColoursOnlyWhereAllowed(bool colours)
    {
        using var error = new StringWriter();
        var display = new ProgressDisplay(new Terminal(TextWriter.Null, error, IsLive: true, colours), quiet: false, TimeProvider.System);
        var result = display.During(progress =>
        {
            progress.Phase("read [x]", 0);
            progress.Phase("copy", 10);
            progress.Advance(4);
            progress.Note("a [note]");
            return 7;
        });
        Assert.Equal(7, result);
        Assert.Contains("a [note]", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("copy", error.ToString(), StringComparison.Ordinal);
        if (!colours) { Assert.DoesNotContain("[38;", error.ToString(), StringComparison.Ordinal); }
    }

    [Theory]
    [Clause("CLI-4.5")]
    [InlineData("rlhf", 4, "not in this version")]
    [InlineData("exprot", 2, "did you mean 'export'?")]
    [InlineData("frobnicate", 2, "there are export, ls, inspect")]
    public void OtherCommandsAreRefused(string command, int exitCode, string says)
    {
        var run = ProgramRun.Of([command, "--tp", "2"]);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.Contains("[CLI-4.5]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void HelpAndVersionAreResults()
    {
        Assert.StartsWith("ckpt 0.", ProgramRun.Of(["--version"]).Out, StringComparison.Ordinal);
        var help = ProgramRun.Of(["--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("export", help.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("rlhf", help.Out, StringComparison.Ordinal);
        Assert.Contains("--tensor_model_parallel_size N", ProgramRun.Of(["export", "--help"]).Out, StringComparison.Ordinal);
        Assert.Equal(ProgramRun.Of(["ls", "-h"]).Out, ProgramRun.Of(["help", "ls"]).Out);
        Assert.Equal(2, ProgramRun.Of([]).ExitCode);
    }

    [Fact]
    public void ExportNotesWhatOtherToolsWouldDo()
    {
        var error = ProgramRun.Of([.. s_export, "--test_convert_precision", "true", "--device_map", "cpu"]).Error;
        Assert.Contains("note: --device_map has no effect here", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500_000_000, 2_000_000_000, 4, "copy: 500 MB of 2.00 GB (25%), 125 MB/s, 12 s left")]
    [InlineData(0, 2_000_000_000, 4, "copy: 0 B of 2.00 GB (0%), 0 B/s")]
    [InlineData(1_000_000, 40_000_000_000, 1, "copy: 1.00 MB of 40.0 GB (0%), 1.00 MB/s, 11 h 6 min left")]
    public void ALineSaysDoneTotalRateAndTimeLeft(long done, long total, int seconds, string line) =>
        Assert.Equal(line, LineProgress.Running("copy", done, total, TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void LinesComeEveryFewSeconds()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var clock = new SteppedClock();
        var progress = new LineProgress(output, clock, TimeSpan.FromSeconds(5));
        progress.Phase("copy", 1000);
        for (var second = 1; second <= 11; second++)
        {
            clock.Seconds = second;
            progress.Advance(10);
        }
        progress.Finish();
        Assert.Equal("copy: 50 B of 1.00 kB (5%), 10 B/s, 95 s left\ncopy: 100 B of 1.00 kB (10%), 10 B/s, 90 s left\ncopy: 110 B in 11 s, 10 B/s\n", output.ToString());
    }

    [Fact]
    public void AHubNameThatIsNotDownloadedEndsWithThree()
    {
        var run = ProgramRun.Of(["export", "--to_mcore", "--model", "Qwen/Qwen3-8B"], environment: new HubEnvironment(_ => null, "/nonexistent"));
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("hf download Qwen/Qwen3-8B", run.Error, StringComparison.Ordinal);
    }

    static Exception Make(string fault) => fault switch
    {
        "usage" => new UsageException("CLI-0.0", "--x", "no"),
        "layout of a flag" => new LayoutException("SHD-0.0", "--tensor_model_parallel_size", "3 does not divide 8 heads"),
        "layout of a file" => new LayoutException("SHD-0.0", "a.safetensors", "no"),
        "malformed" => new MalformedCheckpointException("SFT-0.0", "a.safetensors", "no"),
        "absent" => new FileNotFoundException("no", "/nonexistent/a"),
        "no folder" => new DirectoryNotFoundException("no"),
        "truncated" => new EndOfStreamException("no"),
        "no right" => new UnauthorizedAccessException("no"),
        "unsupported" => new UnsupportedCheckpointException("SFT-0.0", "a", "no"),
        "disk full" => new IOException("no space left on device", 28),
        "quota" => new IOException("quota exceeded", 122),
        "budget" => new InsufficientMemoryException("needs 5 GB"),
        "interrupted" => new OperationCanceledException(),
        "of several threads" => new AggregateException(new OperationCanceledException(), new AggregateException(new MalformedCheckpointException("SFT-0.0", "a", "no"))),
        _ => new KeyNotFoundException("key"),
    };

    sealed class SteppedClock : TimeProvider
    {
        internal int Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
