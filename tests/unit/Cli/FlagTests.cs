using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.UnitTests.Cli;

public class FlagTests
{
    static readonly ExportCommand s_export = new(new RecordingRunner());

    [Theory]
    [Clause("CLI-1.1")]
    [InlineData("--tensor_model_parallel_size")]
    [InlineData("--tensor-model-parallel-size")]
    [InlineData("--tensor-model_parallel-size")]
    [InlineData("--Tensor_Model_Parallel_Size")]
    public void WordsMayBeJoinedByEither(string flag) => Assert.Equal(2, Parse(flag, "2").Int("tensor_model_parallel_size"));

    [Fact]
    [Clause("CLI-1.2")]
    public void AValueFollowsTheFlagOrAnEqualsSign()
    {
        Assert.Equal("a=b", Parse("--output_dir=a=b").Text("output_dir"));
        Assert.Equal("a=b", Parse("--output_dir", "a=b").Text("output_dir"));
        Assert.Equal("--odd", Parse("--output_dir=--odd").Text("output_dir"));
        Assert.Equal("-1", Parse("--seed", "-1").Text("seed"));
        Assert.Equal("", Parse("--system", "").Text("system"));
    }

    [Fact]
    [Clause("CLI-1.2")]
    public void AListEndsAtTheNextFlag()
    {
        var values = Parse("--dataset", "a#1", "b", "--tp", "4", "--dataset", "c");
        Assert.Equal(["a#1", "b", "c"], values.List("dataset"));
        Assert.Equal(4, values.Int("tensor_model_parallel_size"));
    }

    [Theory]
    [Clause("CLI-1.3")]
    [InlineData("--to_hf", true)]
    [InlineData("--to_hf true", true)]
    [InlineData("--to_hf True", true)]
    [InlineData("--to_hf TRUE", true)]
    [InlineData("--to_hf 1", true)]
    [InlineData("--to_hf false", false)]
    [InlineData("--to_hf False", false)]
    [InlineData("--to_hf 0", false)]
    [InlineData("--to-hf=false", false)]
    public void BooleansTakeAllSpellings(string line, bool expected) => Assert.Equal(expected, Parse(line.Split(' ')).Bool("to_hf", !expected));

    [Fact]
    [Clause("CLI-1.3")]
    public void ABooleanLeavesWhatIsNoTruthValue()
    {
        var values = CommandLine.Parse(new LsCommand([]), ["--boxes", "folder"]);
        Assert.True(values.Bool("boxes"));
        Assert.Equal(["folder"], values.Positional);
        Refused("CLI-1.3", "--to_hf=maybe");
    }

    [Theory]
    [Clause("CLI-1.4")]
    [InlineData("--load", "mcore_model")]
    [InlineData("--save", "output_dir")]
    [InlineData("--model-id-or-path", "model")]
    [InlineData("--num_virtual_stages_per_pipeline_rank", "virtual_pipeline_model_parallel_size")]
    [InlineData("--ep", "expert_model_parallel_size")]
    public void NamesOfAllErasAreOneFlag(string alias, string name) => Assert.Equal("3", Parse(alias, "3").Text(name));

    [Theory]
    [Clause("CLI-1.5")]
    [InlineData("--export_model_parallel_size", "expert_model_parallel_size")] // a typo of one of the pages
    [InlineData("--tensor_parallel_size", "tensor_model_parallel_size")]
    [InlineData("--ouput-dir", "output_dir")]
    [InlineData("--to_mcroe", "to_mcore")]
    public void AnUnknownFlagIsRefusedWithTheNearestName(string flag, string nearest) => Assert.Contains($"did you mean --{nearest}?", Refused("CLI-1.5", flag, "2").Message, StringComparison.Ordinal);

    [Fact]
    [Clause("CLI-1.5")]
    public void AFlagNearToNothingIsRefusedWithoutAGuess() => Assert.DoesNotContain("did you mean", Refused("CLI-1.5", "--xyzzy_plugh_quux").Message, StringComparison.Ordinal);

    [Fact]
    [Clause("CLI-1.6")]
    public void TwoValuesOfOneFlagAreRefused()
    {
        Assert.Equal("a", Parse("--load", "a", "--mcore_model", "a").Text("mcore_model"));
        Assert.Contains("'a' and as 'b'", Refused("CLI-1.6", "--load", "a", "--mcore_model", "b").Message, StringComparison.Ordinal);
    }

    [Theory]
    [Clause("CLI-1.7")]
    [InlineData("--tp two")]
    [InlineData("--tp 2.5")]
    [InlineData("--tp")]
    [InlineData("--output_dir=")]
    [InlineData("stray")]
    [InlineData("--tp 2 3")]
    public void AValueOfAnotherKindIsRefused(string line) => Refused("CLI-1.7", line.Split(' '));

    [Fact]
    [Clause("CLI-1.8")]
    public void AFlagWithoutEffectIsSaidOnce()
    {
        var note = Assert.Single(Parse("--attention_backend", "flash", "--attention-backend", "flash").Notes);
        Assert.StartsWith("--attention_backend has no effect here: ", note, StringComparison.Ordinal);
    }

    [Theory]
    [Clause("CLI-1.9")]
    [InlineData("--push_to_hub true")]
    [InlineData("--fp4-param-gather")]
    [InlineData("--new_special_tokens a b")]
    [InlineData("--task_type seq_cls")]
    [InlineData("--num_layers 4")]
    public void WhatCannotBeDoneIsRefusedByName(string line)
    {
        var refusal = Assert.Throws<UnsupportedCheckpointException>(() => Parse(line.Split(' ')));
        Assert.Equal("CLI-1.9", refusal.Clause);
    }

    [Theory]
    [Clause("CLI-1.9")]
    [InlineData("--push_to_hub False")]
    [InlineData("--fp4_format None")]
    [InlineData("--task_type causal_lm")]
    [InlineData("--new_special_tokens")]
    [InlineData("--safe_serialization")]
    public void WhatIsDoneAnywayIsNotRefused(string line) => Assert.Empty(Parse(line.Split(' ')).Notes);

    [Fact]
    [Clause("CLI-1.9")]
    public void AskingForPickledOutputIsRefused() => Assert.Throws<UnsupportedCheckpointException>(() => Parse("--safe_serialization", "false"));

    [Fact]
    public void NoNameStandsForTwoFlags() => Assert.True(new FlagTable(ExportFlags.All).All.Count > 200);

    [Fact]
    public void DistanceIsAMetric()
    {
        var texts = Gen.Elements("a", "b", "_").ListOf(6).Select(parts => string.Concat(parts));
        Law.Holds(from a in texts from b in texts from c in texts select (a, b, c), t =>
            NearestName.Distance(t.a, t.b) == NearestName.Distance(t.b, t.a)
            && NearestName.Distance(t.a, t.b) == 0 == (t.a == t.b)
            && NearestName.Distance(t.a, t.b + t.c) >= Math.Abs(t.a.Length - t.b.Length - t.c.Length));
    }

    [Theory]
    [Clause("CLI-2.1")]
    [InlineData("5GB", 5_000_000_000)]
    [InlineData("5GiB", 5_368_709_120)]
    [InlineData("500MB", 500_000_000)]
    [InlineData("1.5GB", 1_500_000_000)]
    [InlineData("1.5 gib", 1_610_612_736)]
    [InlineData("10kb", 10_000)]
    [InlineData("1TiB", 1_099_511_627_776)]
    [InlineData("123456", 123_456)]
    [InlineData("7B", 7)]
    [InlineData("0.3KiB", 307)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void SizesAreRead(string text, long bytes) => Assert.Equal(bytes, Parse("--max_shard_size", text).Size("max_shard_size"));

    [Theory]
    [Clause("CLI-2.1")]
    [InlineData("5G")]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("0")]
    [InlineData("0.5B")]
    [InlineData("-1GB")]
    [InlineData("1e3")]
    [InlineData("1.2.3GB")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999TB")]
    [InlineData("5 apples")]
    public void OtherSizesAreRefused(string text) => Refused("CLI-2.1", "--max_shard_size=" + text);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(15_240_000_000, "15.2 GB")]
    [InlineData(999_600, "1.00 MB")]
    [InlineData(long.MaxValue, "9.22 EB")]
    public void SizesAreShown(long bytes, string text) => Assert.Equal(text, ByteSize.Text(bytes));

    [Theory]
    [Clause("CLI-2.2")]
    [InlineData("bfloat16", DType.BF16)]
    [InlineData("torch.bfloat16", DType.BF16)]
    [InlineData("bf16", DType.BF16)]
    [InlineData("fp16", DType.F16)]
    [InlineData("half", DType.F16)]
    [InlineData("FLOAT32", DType.F32)]
    public void TypesAreRead(string text, DType expected) => Assert.Equal(expected, Parse("--torch_dtype", text).DType("torch_dtype"));

    [Fact]
    [Clause("CLI-2.2")]
    public void OtherTypesAreRefused()
    {
        Assert.Null(Parse("--torch_dtype", "auto").DType("torch_dtype"));
        Refused("CLI-2.2", "--torch_dtype", "int8");
        Refused("CLI-2.2", "--torch_dtype", "bfloat");
    }

    static FlagValues Parse(params string[] tokens) => CommandLine.Parse(s_export, tokens);

    static UsageException Refused(string clause, params string[] tokens)
    {
        var fault = Assert.Throws<UsageException>(() => Parse(tokens));
        Assert.Equal(clause, fault.Clause);
        return fault;
    }
}
