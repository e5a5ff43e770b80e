using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Legacy;
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

    [Theory]
    [Clause("CLI-3.13")]
    [InlineData("--to_hf --model m --adapters a b", "a b", false, true)]
    [InlineData("--to_hf --model m --mcore_adapter a --merge_lora false", "a", true, false)]
    [InlineData("--to_hf --mcore_model c --adapter_load a", "a", true, true)]
    [InlineData("--to_mcore --model m --adapters a", "a", false, false)]
    [InlineData("--to_mcore --model m --adapters a --merge_lora", "a", false, true)]
    [InlineData("--to_mcore --model m --mcore_adapters a", "a", true, true)]
    [InlineData("--to_mcore --model m --mcore_adapter a --merge_lora false", "a", true, false)]
    [InlineData("--to_hf --model m --adapters p --mcore_adapter a", "a", true, true)]
    [InlineData("--to_mcore --model m --adapters p --mcore_adapter a", "p", false, false)]
    [InlineData("--to_peft_format --model m --mcore_adapter a", "a", true, false)]
    public void TheAdapterIsTheOneOfTheOtherFormatAndMergedOnTheWayToHuggingFace(string line, string adapters, bool areMcore, bool merged)
    {
        var arguments = Parse(line);
        Assert.Equal((adapters, areMcore, merged), (string.Join(' ', arguments.Adapters), arguments.AdaptersAreMcore, arguments.MergeLora));
        Assert.Equal(line.Contains("--adapters p", StringComparison.Ordinal) || (line.StartsWith("--to_mcore", StringComparison.Ordinal) && areMcore && merged) ? 1 : 0, arguments.Notes.Count);
    }

    [Fact]
    [Clause("CLI-3.13")]
    public void TheBaseIsTheModelThatTheFirstAdapterNames()
    {
        var arguments = Parse("--to_hf --adapters a");
        Assert.Equal(("/hub/base", "/hub/base", "a-hf"), (arguments.Source, arguments.Model, Path.GetFileName(arguments.Output)));
        Assert.Contains("base, which a names", Assert.Single(arguments.Notes), StringComparison.Ordinal);
        Refused("CLI-3.2", "--to_hf --adapters unnamed");
        // Alone, an adapter needs a config only, which is looked for when it is opened.
        Assert.Equal(("", null), (Parse("--to_mcore --adapters unnamed").Source, Parse("--to_mcore --adapters unnamed").Model));
        Assert.Equal("unnamed", Parse("--to_mcore --adapters unnamed").Settings.Source);
    }

    [Fact]
    [Clause("CLI-3.13")]
    public void AnAdapterSaysItsBaseInItsOwnFiles()
    {
        using var folder = new TemporaryFolder();
        var run = Directory.CreateDirectory(Path.Combine(folder["run"], "iter_0000010")).FullName;
        File.WriteAllText(Path.Combine(folder["run"], "args.json"), """{"model": "Qwen/Qwen3-8B", "mcore_model": "base-mcore"}""");
        Assert.Equal(new AdapterOrigin("Qwen/Qwen3-8B", "base-mcore"), AdapterOrigin.Find(folder["run"], isMcore: true));
        Assert.Equal(new AdapterOrigin("Qwen/Qwen3-8B", "base-mcore"), AdapterOrigin.Find(run + "/", isMcore: true));
        Assert.Equal(new AdapterOrigin(null, null), AdapterOrigin.Find(run, isMcore: false));

        var peft = Repository.Vector("peft", "accept", "qwen3", "subset_layers");
        Assert.Equal(new AdapterOrigin("qwen3", null), AdapterOrigin.Find(peft, isMcore: false));
    }

    [Theory]
    [Clause("CLI-3.14")]
    [InlineData("--to_hf --fp8_param_gather", true, 0)]
    [InlineData("--to_mcore --fp8_format e4m3 --fp8_recipe blockwise --fp8_param_gather true", true, 0)]
    [InlineData("--to_hf --quant_method fp8", true, 0)]
    [InlineData("--to_hf --fp8_format hybrid --fp8_recipe delayed", false, 1)]
    [InlineData("--to_mcore --fp8_param_gather false --fp8_format e4m3", false, 1)]
    [InlineData("--to_mcore --fp8_param_gather false", false, 0)]
    public void EightBitWeightsAreWrittenWhereTheyAreGathered(string line, bool float8, int notes)
    {
        var arguments = Parse(line + " --model m");
        Assert.Equal((float8, notes), (arguments.Float8, arguments.Notes.Count));
    }

    [Theory]
    [Clause("CLI-3.14")]
    [InlineData("--to_hf --fp8_param_gather --fp8_format hybrid")]
    [InlineData("--to_hf --fp8_param_gather --fp8_recipe mxfp8")]
    [InlineData("--to_hf --quant_method awq")]
    [InlineData("--to_mcore --quant_method fp8")]
    public void OtherQuantisedWeightsAreRefusedByName(string line) =>
        Assert.Equal("CLI-3.14", Assert.Throws<UnsupportedCheckpointException>(() => Parse(line + " --model m")).Clause);

    [Theory]
    [InlineData("", "torch_dist", LegacyExperts.TransformerEngineGrouped, LegacyLayers.TransformerEngine, null)]
    [InlineData(" --ckpt_format torch --moe_grouped_gemm false", "torch", LegacyExperts.Sequential, LegacyLayers.TransformerEngine, null)]
    [InlineData(" --ckpt_format torch --transformer_impl local", "torch", LegacyExperts.Sequential, LegacyLayers.Local, null)]
    [InlineData(" --ckpt_format torch --dialect mindspeed", "torch", LegacyExperts.Sequential, LegacyLayers.MindSpeed, "mindspeed")]
    [InlineData(" --ckpt_format torch --dialect mindspeed --moe_grouped_gemm", "torch", LegacyExperts.Grouped, LegacyLayers.MindSpeed, "mindspeed")]
    [InlineData(" --dist_ckpt_format zarr --bridge_backend megatron-bridge", "zarr", LegacyExperts.TransformerEngineGrouped, LegacyLayers.TransformerEngine, "native")]
    public void TheFormIsThatOfTheImplementationNamed(string flags, string format, LegacyExperts experts, LegacyLayers layers, string? dialect)
    {
        var arguments = Parse("--to_mcore --model m" + flags);
        Assert.Equal((format, experts, layers, dialect), (arguments.CkptFormat, arguments.Experts, arguments.Layers, arguments.Dialect));
        Assert.Empty(arguments.Notes);
    }

    [Theory]
    [Clause("CLI-3.15")]
    [InlineData("--ckpt_format torch_dcp")]
    [InlineData("--dialect megatron")]
    [InlineData("--dialect mindspeed --bridge_backend megatron-bridge")]
    [InlineData("--bridge_backend swift")]
    [InlineData("--expert_format stacked")]
    [InlineData("--tuner_type longlora")]
    [InlineData("--fp8_format e5m2")]
    public void AWordThatIsNoneOfAFlagsIsRefused(string flags) => Refused("CLI-3.15", "--to_mcore --model m " + flags);

    [Fact]
    [Clause("CLI-3.15")]
    public void AFormThatIsNotWrittenIsSaid()
    {
        Assert.Equal(3, Parse("--to_hf --mcore_model c --ckpt_format torch --moe_grouped_gemm --transformer_impl local").Notes.Count);
        Assert.Equal("CLI-3.15", Assert.Throws<UnsupportedCheckpointException>(() => Parse("--to_hf --mcore_model c --tuner_type lora_llm")).Clause);
    }

    [Theory]
    [InlineData("--lora_alpha 0", 0)]
    [InlineData("--lora_alpha -3", 0)]
    [InlineData("--lora_alpha many", 0)]
    [InlineData("--lora_alpha NaN", 0)]
    [InlineData("--lora_alpha 32.5", 32.5)]
    [Clause("CLI-1.7")]
    public void AlphaIsANumberAboveZero(string flag, double alpha)
    {
        if (alpha == 0) { Refused("CLI-1.7", "--to_hf --model m " + flag); }
        else { Assert.Equal(alpha, Parse("--to_hf --model m " + flag).LoraAlpha); }
    }

    static ExportArguments Parse(string line) =>
        ExportArgumentsParser.Parse(CommandLine.Parse(new ExportCommand(new RecordingRunner()), line.Split(' ')), static (name, _) => "/hub/" + name, static (adapter, _) => new AdapterOrigin(adapter == "unnamed" ? null : "base", null));

    static void Refused(string clause, string line) => Assert.Equal(clause, Assert.Throws<UsageException>(() => Parse(line)).Clause);
}
