using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Cli.Flags;
using Ckpt.Cli.MindSpeed;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.UnitTests.Cli;

/// <summary>Lines of MindSpeed-LLM's two converters.</summary>
public class ConvertCkptTests
{
    const string First = "--use-mcore-models --model-type GPT --params-dtype bf16 ";
    const string Paths = " --load-dir in --save-dir out";
    const string ToHf = "--load-model-type mg --save-model-type hf" + Paths;

    // The tutorial's last step, as its first edition has it.
    const string Tutorial = """
        --use-mcore-models --model-type GPT --load-model-type mg --save-model-type hf --target-tensor-parallel-size 1 --target-pipeline-parallel-size 1
        --spec mindspeed_llm.tasks.models.spec.qwen3_spec layer_spec --load-dir base --lora-load lora --save-dir original --lora-r 16 --lora-alpha 32
        --lora-target-modules linear_qkv linear_proj linear_fc1 linear_fc2 --model-type-hf qwen3
        """;

    [Fact, Clause("CLI-10.2")]
    public void TheTutorialsLineIsRefusedUntilItNamesAType()
    {
        Assert.Contains("--params-dtype bf16", Refused("CLI-10.2", Tutorial).Message, StringComparison.Ordinal);
        var export = Parse(Tutorial + " --params-dtype bf16").Export!;
        Assert.Equal((ExportDirection.ToHf, "base", true, Path.Combine("original", "mg2hf"), DType.BF16), (export.Direction, export.Source, export.SourceIsMcore, export.Output, export.DType));
        Assert.Equal(("original", false), (export.Model, export.FilePerLayer));
        Assert.Equal(("lora", true, true, 2.0), (Assert.Single(export.Adapters), export.AdaptersAreMcore, export.MergeLora, export.LoraScaling!.Value));
        Assert.Equal(["qwen3"], export.Kind!.Families);
    }

    [Fact, Clause("CLI-10.2")]
    public void Float16IsObeyedAndWarnedOfAndTheNewConverterKeepsTypes()
    {
        var arguments = Parse("--use-mcore-models --params-dtype fp16" + Paths);
        Assert.Equal(DType.F16, arguments.Export!.DType);
        Assert.Contains(arguments.Notes, static note => note.Contains("2^-17", StringComparison.Ordinal));
        Assert.Null(Parse(Paths).Export!.DType);
    }

    [Theory, Clause("CLI-10.1")]
    [InlineData("", 1)]
    [InlineData("--model-type-hf qwen3 --target-tensor-parallel-size 2 --moe-grouped-gemm", 1)]
    [InlineData("--transformer-impl local", 1)]
    [InlineData("--expert-tensor-parallel-size 1", 1)]
    [InlineData("--use-mcore-models --params-dtype bf16", 0)]
    [InlineData("--use-mcore-models --params-dtype bf16 --tokenizer-model t.json --spec m layer_spec --loader hf --max-queue-size 20", 0)]
    public void FlagsTellWhoseLineItIs(string flags, int era) => Assert.Equal((ConvertEra)era, Parse(flags + Paths).Era);

    [Fact, Clause("CLI-10.1")]
    public void ALineOfBothIsRefusedWithBothNames()
    {
        var message = Refused("CLI-10.1", First + "--hf-cfg-dir c --schedules-method dualpipev --target-pipeline-parallel-size 2" + Paths).Message;
        Assert.Contains("--params-dtype, --use-mcore-models, --model-type are flags of convert_ckpt.py (V1), --hf-cfg-dir, --schedules-method of convert_ckpt_v2.py (V2)", message, StringComparison.Ordinal);
    }

    [Fact, Clause("CLI-10.3")]
    public void EveryKindIsAFamilyThatIsHandledOrRefusedByName()
    {
        var families = FamilyCatalog.All.Select(static family => family.Name).ToHashSet();
        Assert.Equal(41, ConvertFamilies.Names.Count);
        foreach (var name in ConvertFamilies.Names)
        {
            try { Assert.All(ConvertFamilies.Of(name).Families, family => Assert.Contains(family, families)); }
            catch (UnsupportedCheckpointException refusal) { Assert.Equal("CLI-10.3", refusal.Clause); }
        }
        Assert.Contains("did you mean qwen3-moe?", Assert.Throws<UnsupportedCheckpointException>(() => Parse("--model-type-hf qwen3_moe" + Paths)).Message, StringComparison.Ordinal);
        Assert.Equal("CLI-10.3", Assert.Throws<UnsupportedCheckpointException>(() => Parse("--model-type-hf chatglm3" + Paths)).Clause);
    }

    [Fact, Clause("CLI-10.3")]
    public void AKindAgreesWithTheConfig()
    {
        ConvertFamilies.Of("llama2").Check("qwen2", "config.json"); // as V1 has it
        var refusal = Assert.Throws<UsageException>(() => ConvertFamilies.Of("glm45-air").Check("qwen3", "x/config.json"));
        Assert.Equal("CLI-10.3", refusal.Clause);
        Assert.Contains("glm45-air stands for glm4_moe, and x/config.json says qwen3", refusal.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CLI-10.4")]
    [InlineData("--load-dir in")]
    [InlineData("--save-dir out")]
    [InlineData("--save-model-type hf" + Paths)]
    [InlineData("--load-model-type huggingface" + Paths)]
    [InlineData(First + "--ckpt-format orbax" + Paths)]
    [InlineData("--use-mcore-models --params-dtype bf16 --model-type T5" + Paths)]
    [InlineData(First + "--target-tensor-parallel-size 2 " + ToHf)]
    [InlineData(First + "--target-pipeline-parallel-size 2 " + ToHf)]
    [InlineData("--transformer-impl megatron" + Paths)]
    public void WhatIsNoConversionIsRefused(string line) => Refused("CLI-10.4", line);

    [Theory, Clause("CLI-10.4")]
    [InlineData("--model-type BERT --params-dtype bf16" + Paths)]
    [InlineData("--model-type GPT --params-dtype bf16" + Paths)] // would be names of before Megatron-core
    public void WhatIsNotWrittenIsRefusedByName(string line) => Assert.Equal("CLI-10.4", Assert.Throws<UnsupportedCheckpointException>(() => Parse(line)).Clause);

    [Theory, Clause("CLI-10.4")]
    [InlineData("", LegacyExperts.Sequential, LegacyLayers.MindSpeed)]
    [InlineData("--moe-grouped-gemm", LegacyExperts.Grouped, LegacyLayers.MindSpeed)]
    [InlineData("--transformer-impl local --moe-grouped-gemm", LegacyExperts.Grouped, LegacyLayers.MindSpeed)]
    [InlineData("--transformer-impl transformer_engine", LegacyExperts.Sequential, LegacyLayers.TransformerEngine)]
    [InlineData("--transformer-impl transformer_engine --moe-grouped-gemm", LegacyExperts.TransformerEngineGrouped, LegacyLayers.TransformerEngine)]
    public void MegatronFilesAreOfTheImplementationNamed(string flags, LegacyExperts experts, LegacyLayers layers)
    {
        var export = Parse(flags + Paths).Export!;
        Assert.Equal((ExportDirection.ToMcore, "in", "out", "torch"), (export.Direction, export.Source, export.Output, export.CkptFormat));
        Assert.Equal((experts, layers), (export.Experts, export.Layers));
    }

    [Fact, Clause("CLI-10.4")]
    public void MegatronToMegatronIsResharded()
    {
        var arguments = Parse(First + "--load-model-type mg --save-model-type mg --ckpt-format torch_dist --target-tensor-parallel-size 2 --moe-grouped-gemm" + Paths);
        var reshard = arguments.Reshard!;
        Assert.Null(arguments.Export);
        Assert.Equal(("in", "out", "torch_dist", 2), (reshard.Settings.Source, reshard.Settings.Output, reshard.Format, reshard.Sizes!.Tensor));
        Assert.Equal((OptimizerTarget.Dropped, true, LegacyExperts.Grouped, LegacyLayers.MindSpeed), (reshard.Optimizer, reshard.DropRng, reshard.Experts, reshard.Layers));
        Assert.Equal("convert_ckpt", reshard.Settings.Command);
    }

    [Theory, Clause("CLI-10.5")]
    [InlineData("--lora-load l --lora-r 8 --lora-alpha 16 ", "l", true, 2.0, null)]
    [InlineData("--lora-load l ", "l", true, null, null)]
    [InlineData("--lora-load l --lora-alpha 16 ", "l", true, null, 16.0)]
    [InlineData("--lora-r 8 --lora-alpha 4 ", "in", true, 0.5, null)]
    [InlineData("--lora-r 8 --lora-alpha 4 --save-lora-to-hf ", "in", false, 0.5, null)]
    [InlineData("--lora-load l --save-lora-to-hf ", "l", false, null, null)]
    public void TheAdapterIsTheOneNamedOrTheOneInside(string flags, string adapter, bool merged, double? scaling, double? alpha)
    {
        var export = Parse(flags + ToHf).Export!;
        Assert.Equal(adapter, Assert.Single(export.Adapters));
        Assert.Equal((merged, scaling, alpha, true), (export.MergeLora, export.LoraScaling, export.LoraAlpha, export.AdaptersAreMcore));
    }

    [Theory, Clause("CLI-10.5")]
    [InlineData("--lora-alpha 32 " + ToHf)]
    [InlineData("--lora-load l" + Paths)]
    [InlineData("--lora-load l --save-lora-to-hf --load-model-type mg" + Paths)]
    public void AnAdapterThatGoesNowhereIsRefused(string line) => Refused("CLI-10.5", line);

    [Fact, Clause("CLI-10.5")]
    public void AMergeMayStayMegatrons()
    {
        var export = Parse("--load-model-type mg --lora-load l --lora-r 8 --lora-alpha 8 --target-pipeline-parallel-size 2" + Paths).Export!;
        Assert.Equal((ExportDirection.ToMcore, true, 1.0, 2), (export.Direction, export.SourceIsMcore, export.LoraScaling, export.Parallel.Pipeline));
    }

    [Theory, Clause("CLI-10.7")]
    [InlineData("", null, true)]
    [InlineData(First, 1, false)]
    [InlineData(First + "--make-vocab-size-divisible-by 128", 128, false)]
    public void TheVocabularyIsPaddedByTheOldConverterOnly(string flags, int? divisible, bool kept)
    {
        var export = Parse(flags + Paths).Export!;
        Assert.Equal((divisible, kept), (export.VocabDivisibleBy, export.KeepVocabulary));
    }

    [Fact]
    public void StagesOfTheSourceCanBeSaidAndItsSizesNeedNotBe()
    {
        var export = Parse("--target-pipeline-parallel-size 4 --noop-layers 1,3 --expert-tensor-parallel-size 1 --hf-cfg-dir c " + ToHf).Export!;
        Assert.Equal([1, 3], export.StoredStages!.NoopLayers);
        Assert.Equal((new ParallelSizes(), "c", true), (export.Parallel, export.Model, export.FilePerLayer));
        var notes = Parse("--target-pipeline-parallel-size 4 --moe-grouped-gemm " + ToHf).Notes;
        Assert.Contains("--pipeline_model_parallel_size, --moe_grouped_gemm", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--mla-mm-split")]
    [InlineData("--num-layers 4")]
    [InlineData("--first-k-dense-replace 1")]
    [InlineData("--qlora-nf4")]
    [InlineData("--save-to-legacy")]
    [InlineData("--mamba-state-dim 256")]
    [Clause("CLI-1.9")]
    public void WhatCannotBeDoneIsRefusedByName(string flags) => Assert.Equal("CLI-1.9", Assert.Throws<UnsupportedCheckpointException>(() => Parse(flags + Paths)).Clause);

    [Theory, Clause("CLI-10.6")]
    [InlineData("model.embed_tokens.weight", 0)]
    [InlineData("model.layers.0.mlp.up_proj.weight", 0)]
    [InlineData("model.layers.3.mlp.experts.7.up_proj.weight", 3)]
    [InlineData("model.norm.weight", 3)]
    [InlineData("lm_head.weight", 3)]
    [InlineData("model.layers.4.enorm.weight", 4)] // DeepSeek counts prediction layers on
    [InlineData("mtp.fc.weight", 4)]
    [InlineData("mtp.layers.0.mlp.up_proj.weight", 4)]
    [InlineData("model.mtp_layers.1.input_proj.weight", 5)]
    [InlineData("language_model.model.layers.2.mlp.up_proj.weight", 2)]
    public void EveryLayerHasAFile(string name, int file) => Assert.Equal(file, LayerFiles.FileOf(name, 4));

    [Fact, Clause("CLI-10.6"), Clause("SFT-4.12"), Clause("SFT-4.13")]
    public void FilesAndIndexAreNamedAndWrittenAsTheNewConverterDoes()
    {
        string[] names = ["model.embed_tokens.weight", "model.layers.0.a.weight", "model.layers.1.a.weight", "lm_head.weight"];
        var layout = new Ckpt.Formats.Safetensors.SafetensorsWriter(LayerFiles.Of(names, 2)).LayOut([.. names.Select(static name => TensorTarget.Whole(name, DType.U8, new Shape(3)))]);
        Assert.Equal(["model-00001-of-000002.safetensors", "model-00002-of-000002.safetensors"], layout.Files.Select(static file => file.Path));
        const string Index = """
            {
                "metadata": {
                    "total_size": 12
                },
                "weight_map": {
                    "lm_head.weight": "model-00002-of-000002.safetensors",
                    "model.embed_tokens.weight": "model-00001-of-000002.safetensors",
                    "model.layers.0.a.weight": "model-00001-of-000002.safetensors",
                    "model.layers.1.a.weight": "model-00002-of-000002.safetensors"
                }
            }
            """;
        Assert.Equal(Index, System.Text.Encoding.UTF8.GetString(Assert.Single(layout.Closing).Bytes.Span));
    }

    static ConvertArguments Parse(string line) => ConvertArgumentsParser.Parse(
        CommandLine.Parse(new ConvertCkptCommand(new RecordingRunner()), line.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)), static folder => folder == "original");

    static UsageException Refused(string clause, string line)
    {
        var fault = Assert.Throws<UsageException>(() => Parse(line));
        Assert.Equal(clause, fault.Clause);
        return fault;
    }
}
