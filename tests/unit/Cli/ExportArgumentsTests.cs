using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Kit;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.UnitTests.Cli;

public class ExportArgumentsTests
{
    [Theory]
    [Clause("CLI-2.3")]
    [InlineData("--tp 0")]
    [InlineData("--pp -1")]
    [InlineData("--vpp 2")]
    [InlineData("--decoder_first_pipeline_num_layers 3")]
    [InlineData("--pp 1 --decoder_last_pipeline_num_layers 3")]
    [InlineData("--pp 2 --decoder_last_pipeline_num_layers 3 --pipeline_model_parallel_layout Et|tL")]
    public void ParallelSizesThatNoRunCouldHaveAreRefused(string sizes) => Refused("CLI-2.3", "--to_hf --model m " + sizes);

    [Fact]
    [Clause("CLI-2.3")]
    public void ParallelSizesThatARunCouldHaveAreTaken() => Assert.Equal(
        (new ParallelSizes { Tensor = 4, Pipeline = 2, VirtualPipeline = 2, Expert = 8, ExpertTensor = 2, Context = 2 }, 3),
        Parse("--to_mcore --model m --tp 4 --pp 2 --vpp 2 --ep 8 --etp 2 --cp 2 --decoder_first_pipeline_num_layers 3") is var line ? (line.Parallel, line.Stages.FirstStageLayers!.Value) : default);

    [Theory]
    [Clause("CLI-3.1")]
    [InlineData("--model m")]
    [InlineData("--model m --to_hf false")]
    [InlineData("--model m --to_hf --to_mcore")]
    public void ExactlyOneDirectionIsAsked(string line) => Refused("CLI-3.1", line);

    [Theory]
    [Clause("CLI-3.2")]
    [InlineData("--to_hf --model m --mcore_model c", "c", true)]
    [InlineData("--to_mcore --model m --mcore_model c", "/hub/m", false)]
    [InlineData("--to_mcore --mcore_model c", "c", true)]
    [InlineData("--to_hf --model m", "/hub/m", false)]
    public void TheSourceIsTheOneOfTheOtherFormat(string line, string source, bool mcore)
    {
        var arguments = Parse(line);
        Assert.Equal((source, mcore), (arguments.Source, arguments.SourceIsMcore));
        Assert.Equal(line.Contains("--model", StringComparison.Ordinal) ? "/hub/m" : null, arguments.Model);
    }

    [Fact]
    [Clause("CLI-3.2")]
    public void NoSourceIsRefused() => Refused("CLI-3.2", "--to_hf");

    [Theory]
    [Clause("CLI-3.3")]
    [InlineData("--to_mcore --model Qwen/Qwen3-8B", "Qwen3-8B-mcore")]
    [InlineData("--to_hf --model Qwen/Qwen3-8B@main", "Qwen3-8B-hf")]
    [InlineData("--to_hf --mcore_model /data/ck/", "/data/ck-hf")]
    public void TheOutputIsNamedAfterTheSource(string line, string output) => Assert.Equal(output, Parse(line).Output);

    [Theory]
    [Clause("CLI-3.4")]
    [InlineData("--to_hf --mcore_model /data/ck --output_dir /data/ck")]
    [InlineData("--to_hf --mcore_model /data/ck/iter_0000001 --output_dir /data/x/../ck")]
    [InlineData("--to_hf --mcore_model /data/ck --model m --output_dir /hub")]
    public void AnOutputThatHoldsTheSourceIsRefused(string line) => Refused("CLI-3.4", line);

    [Fact]
    [Clause("CLI-3.4")]
    public void AnOutputBesideOrInsideTheSourceIsTaken()
    {
        Assert.Equal("/data/ck2", Parse("--to_hf --mcore_model /data/ck --output_dir /data/ck2").Output);
        Assert.Equal("/data/ck/hf", Parse("--to_hf --mcore_model /data/ck --output_dir /data/ck/hf").Output);
        Assert.Equal("/data/..ck", Parse("--to_hf --mcore_model /data/ck --output_dir /data/..ck").Output);
    }

    [Fact]
    [Clause("CLI-3.5")]
    public void AnOutputThatExistsIsKept()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["out"]);
        string[] line = ["export", "--to_hf", "--mcore_model", "/data/ck", "--output_dir", folder["out"]];

        Assert.Equal(0, ProgramRun.Of(line).ExitCode);
        File.WriteAllText(Path.Combine(folder["out"], "a"), "");
        var refused = ProgramRun.Of(line);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("[CLI-3.5]", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, ProgramRun.Of([.. line, "--exist_ok", "true"]).ExitCode);
        Assert.Equal(0, ProgramRun.Of([.. line, "--dry_run"]).ExitCode);
    }

    [Fact]
    public void DefaultsAreThoseOfMegatronSwift()
    {
        var arguments = Parse("--to_hf --mcore_model c");
        Assert.Equal(5_000_000_000, arguments.MaxShardSize);
        Assert.Equal(new ParallelSizes { ExpertTensor = 1 }, arguments.Parallel);
        Assert.False(arguments.Compare || arguments.DryRun || arguments.KeepUnknown || arguments.ReplaceOutput || arguments.Restart);
        Assert.Null(arguments.DType ?? (object?)arguments.DataFiles ?? arguments.MtpLayers ?? arguments.MaxMemory ?? arguments.Workers);
    }

    [Theory]
    [InlineData("--thread_count 0")]
    [InlineData("--workers -2")]
    [InlineData("--mtp_num_layers -1")]
    public void CountsAreNotNegative(string flag) => Refused("CLI-1.7", "--to_hf --model m " + flag);

    static ExportArguments Parse(string line) =>
        ExportArgumentsParser.Parse(CommandLine.Parse(new ExportCommand(new RecordingRunner()), line.Split(' ')), (name, _) => "/hub/" + name);

    static void Refused(string clause, string line) => Assert.Equal(clause, Assert.Throws<UsageException>(() => Parse(line)).Clause);
}
