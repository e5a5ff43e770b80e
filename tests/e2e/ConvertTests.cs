using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>MindSpeed-LLM's two converters.</summary>
public sealed class ConvertTests : IDisposable
{
    const string ToMegatron = "--load-model-type hf --save-model-type mg";
    const string ToHf = "--load-model-type mg --save-model-type hf";
    const string First = "--use-mcore-models --model-type GPT --params-dtype bf16";
    static readonly string s_qwen3 = Repository.Vector("hf", "qwen3");
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("qwen3", "qwen3", "--target-pipeline-parallel-size 2 --noop-layers 0,5", "mp_rank_00_000 mp_rank_00_001")]
    [InlineData("qwen3_moe", "qwen3-moe", "--target-pipeline-parallel-size 2 --target-expert-parallel-size 2 --moe-grouped-gemm", "mp_rank_00_000_000 mp_rank_00_000_001 mp_rank_00_001_000 mp_rank_00_001_001")]
    [Clause("CLI-10.4"), Clause("CLI-10.6")]
    public void TheNewConverterGoesThereAndBack(string model, string kind, string flags, string ranks)
    {
        var hf = Repository.Vector("hf", model);
        Convert($"{ToMegatron} --model-type-hf {kind} {flags}", "--load-dir", hf, "--save-dir", _folder["mg"]);
        Assert.Equal("1", File.ReadAllText(Path.Combine(_folder["mg"], "latest_checkpointed_iteration.txt")));
        Assert.Equal(ranks, string.Join(' ', Directory.GetDirectories(Path.Combine(_folder["mg"], "iter_0000001")).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
        Convert($"{ToHf} --model-type-hf {kind}", "--load-dir", _folder["mg"], "--save-dir", _folder["hf"], "--hf-cfg-dir", hf);
        Done("diff", hf, _folder["hf"]);
        Assert.Equal(Enumerable.Range(1, 4).Select(static n => $"model-0000{n}-of-000004.safetensors"), Directory.GetFiles(_folder["hf"], "*.safetensors").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(Path.Combine(_folder["hf"], "generation_config.json")));
    }

    [Theory]
    [InlineData("llama", "llama2", "--target-tensor-parallel-size 2 --target-pipeline-parallel-size 2")]
    [InlineData("qwen3_moe", "qwen3-moe", "--target-tensor-parallel-size 2 --target-pipeline-parallel-size 2 --target-expert-parallel-size 2")]
    [InlineData("qwen3_moe", "qwen3-moe", "--target-tensor-parallel-size 2 --target-expert-parallel-size 2 --moe-grouped-gemm")]
    [Clause("CLI-10.4"), Clause("CLI-10.7")]
    public void TheOldConverterGoesThereAndBack(string model, string kind, string flags)
    {
        var hf = Repository.Vector("hf", model);
        Convert($"{First} {ToMegatron} --model-type-hf {kind} --tokenizer-model x {flags}", "--load-dir", hf, "--save-dir", _folder["mg"]);
        // As V1 wants it: the output's folder is the original model's.
        var original = Folders.Copy(hf, _folder["original"]);
        Convert($"{First} {ToHf} --model-type-hf {kind}", "--load-dir", _folder["mg"], "--save-dir", original);
        Done("diff", hf, Path.Combine(original, "mg2hf"));
        Assert.Equal(File.ReadAllText(Path.Combine(hf, "config.json")), File.ReadAllText(Path.Combine(original, "mg2hf", "config.json")));
    }

    [Fact, Clause("CLI-10.4")]
    public void MegatronGoesToMegatronOfOtherSizesAndExperts()
    {
        Convert($"{First} {ToMegatron} --target-tensor-parallel-size 2 --target-expert-parallel-size 2 --moe-tp-extend-ep --moe-grouped-gemm --make-vocab-size-divisible-by 128", "--load-dir", Repository.Vector("hf", "qwen3_moe"), "--save-dir", _folder["a"]);
        Convert($"{First} --load-model-type mg --save-model-type mg --target-tensor-parallel-size 2 --target-pipeline-parallel-size 4", "--load-dir", _folder["a"], "--save-dir", _folder["b"]);
        using (var reader = LegacyTorchReader.Open(_folder["b"])) { Assert.Equal((2, 4, 1), (reader.Layout.Grid.Sizes.Tensor, reader.Layout.Grid.Sizes.Pipeline, reader.Layout.Grid.Sizes.Expert)); }
        Convert($"{First} --load-model-type mg --save-model-type mg --ckpt-format torch_dist", "--load-dir", _folder["b"], "--save-dir", _folder["c"]);
        Convert(ToHf, "--load-dir", _folder["c"], "--save-dir", _folder["hf"]);
        Done("diff", Repository.Vector("hf", "qwen3_moe"), _folder["hf"]);
    }

    /// <summary>Names and args as MindSpeed-LLM's own converter reads them.</summary>
    [Fact, Clause("CLI-10.8")]
    public void FilesHaveMindSpeedsNamesAndTheConfigsKeys()
    {
        Convert(ToMegatron, "--load-dir", s_qwen3, "--save-dir", _folder["mg"]);
        using var source = new Formats.IO.FileByteSource(Path.Combine(_folder["mg"], "iter_0000001", "mp_rank_00", "model_optim_rng.pt"));
        var file = TorchFile.Open(source);
        var root = (PickleDict)file.Root;
        var names = ((PickleObject)root.Find("model")!).DictItems.Select(static item => ((PickleString)item.Key).Value).ToHashSet();
        Assert.Superset(new HashSet<string> { "decoder.layers.0.input_layernorm.weight", "decoder.layers.0.pre_mlp_layernorm.weight", "decoder.layers.3.self_attention.q_layernorm.weight" }, names);
        var args = ((PickleObject)root.Find("args")!).Attributes!;
        // config.json of the vector.
        Assert.Equal(2, (int)((PickleInt)args.Find("num_key_value_heads")!).Value);
        Assert.Equal(4, (int)((PickleInt)args.Find("num_hidden_layers")!).Value);
        Assert.Null(args.Find("dtype"));
        Assert.Null(args.Find("rope_parameters"));
    }

    [Fact, Clause("CLI-10.5"), Clause("CLI-3.16")]
    public void WhatLoraLearnedIsMergedFromItsOwnCheckpointOrFromItsBases()
    {
        var adapter = Repository.Vector("peft", "accept", "qwen3", "subset_layers");
        Done("export", "--model", s_qwen3, "--adapters", adapter, "--to_hf", "--output_dir", _folder["expected"]);
        Done("export", "--model", s_qwen3, "--adapters", adapter, "--to_mcore", "--output_dir", _folder["dist"]);
        Done("reshard", "--load", _folder["dist"], "--save", _folder["lora"], "--ckpt_format", "torch");
        Convert(ToMegatron, "--load-dir", s_qwen3, "--save-dir", _folder["base"]);

        var (rank, alpha) = RankAndAlpha(_folder["lora"]);
        var lora = $"--lora-r {rank} --lora-alpha {alpha} --lora-target-modules linear_qkv linear_proj";
        Convert($"{ToHf} --model-type-hf qwen3 {lora}", "--load-dir", _folder["base"], "--lora-load", _folder["lora"], "--save-dir", _folder["a"], "--hf-cfg-dir", s_qwen3);
        Done("diff", _folder["expected"], _folder["a"]);

        // Half the numbers have the same ratio, which is what counts; another ratio is obeyed and said.
        var half = Convert(First + $" {ToHf} --lora-r {rank * 2} --lora-alpha {alpha * 2}", "--load-dir", _folder["base"], "--lora-load", _folder["lora"], "--save-dir", _folder["b"]);
        Assert.DoesNotContain("as asked", half.Error, StringComparison.Ordinal);
        Done("diff", _folder["expected"], Path.Combine(_folder["b"], "mg2hf"));
        Assert.Contains("as asked", Convert(ToHf + $" --lora-r {rank} --lora-alpha {alpha * 2}", "--load-dir", _folder["base"], "--lora-load", _folder["lora"], "--save-dir", _folder["c"]).Error, StringComparison.Ordinal);
        Assert.Equal(1, Program.Run("diff", _folder["expected"], _folder["c"]).ExitCode);

        // Saved together, as training does without --lora-ckpt-filter.
        Together(_folder["base"], _folder["lora"], _folder["both"]);
        Convert($"{ToHf} {lora}", "--load-dir", _folder["both"], "--save-dir", _folder["d"], "--hf-cfg-dir", s_qwen3);
        Done("diff", _folder["expected"], _folder["d"]);
        var alone = Program.Run(["convert_ckpt", .. ToHf.Split(' '), "--load-dir", _folder["both"], "--save-dir", _folder["x"]]);
        Assert.True(alone.ExitCode == 4 && alone.Error.Contains("CLI-3.16", StringComparison.Ordinal), alone.All);

        // The adapter alone, for PEFT; and merged, staying Megatron's.
        Convert($"{ToHf} {lora} --save-lora-to-hf", "--load-dir", _folder["both"], "--save-dir", _folder["peft"], "--hf-cfg-dir", s_qwen3);
        Done("export", "--model", s_qwen3, "--adapters", _folder["peft"], "--to_hf", "--output_dir", _folder["e"]);
        Done("diff", _folder["expected"], _folder["e"]);
        Convert($"--load-model-type mg --save-model-type mg {lora} --target-pipeline-parallel-size 2", "--load-dir", _folder["base"], "--lora-load", _folder["lora"], "--save-dir", _folder["stay"]);
        Convert(ToHf, "--load-dir", _folder["stay"], "--save-dir", _folder["f"]);
        Done("diff", _folder["expected"], _folder["f"]);
    }

    [Fact, Clause("CLI-9.5")]
    public void RowsThatLieByRankAreNotReshardedIntoAnotherOrder()
    {
        var adapter = Repository.Vector("peft", "mcore", "qwen3-lora-tp2");
        var run = Program.Run("reshard", "--load", adapter, "--save", _folder["out"], "--ckpt_format", "torch");
        Assert.True(run.ExitCode == 4 && run.Error.Contains("CLI-9.5", StringComparison.Ordinal), run.All);
        Done("reshard", "--load", adapter, "--save", _folder["same"], "--tp", "2");
        Done("diff", adapter, _folder["same"]);
    }

    [Theory]
    [InlineData(2, "CLI-10.2", "--use-mcore-models --model-type GPT")]
    [InlineData(2, "CLI-10.3", "--model-type-hf qwen3-moe")]
    [InlineData(2, "CLI-10.7", "--target-tensor-parallel-size 2")] // of 259 rows
    [InlineData(4, "CLI-1.9", "--mla-mm-split")]
    [Clause("CLI-10.2"), Clause("CLI-10.3"), Clause("CLI-10.7")]
    public void AWrongLineEndsWithItsExitCodeAndWritesNothing(int exitCode, string clause, string flags)
    {
        var run = Program.Run(["convert_ckpt", "--load-dir", s_qwen3, "--save-dir", _folder["out"], .. flags.Split(' ')]);
        Assert.True(run.ExitCode == exitCode && run.Error.Contains($"[{clause}]", StringComparison.Ordinal), run.All);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    static (int Rank, int Alpha) RankAndAlpha(string lora)
    {
        using var reader = ModelFormats.Open(lora);
        var args = ((PickleObject)((IMegatronReader)reader).Common!.Find("args")!).Attributes!;
        return ((int)((PickleInt)args.Find("lora_rank")!).Value, (int)((PickleInt)args.Find("lora_alpha")!).Value);
    }

    /// <summary>Base and adapter in one checkpoint: weights under an adapter are its base layer's.</summary>
    static void Together(string baseModel, string lora, string output)
    {
        using var weights = LegacyTorchReader.Open(baseModel);
        using var adapter = LegacyTorchReader.Open(lora);
        var adapted = adapter.Tensors.Select(static tensor => tensor.Name.Split(".lora_")[0]).ToHashSet();
        var both = new MemoryCheckpoint();
        foreach (var tensor in weights.Tensors)
        {
            var module = tensor.Name[..tensor.Name.LastIndexOf('.')];
            both.Add(adapted.Contains(module) ? $"{module}.base_layer.{tensor.Name[(module.Length + 1)..]}" : tensor.Name, tensor.DType, tensor.Shape, TensorAssembler.ReadWhole(weights, tensor));
        }
        foreach (var tensor in adapter.Tensors) { both.Add(tensor.Name, tensor.DType, tensor.Shape, TensorAssembler.ReadWhole(adapter, tensor)); }
        var writer = new LegacyTorchWriter(new LegacyTorchWriterOptions { Common = weights.Common!, Layout = ParallelLayout.Of(4, new ParallelSizes { Pipeline = 2 }, StageOptions.Even), Layers = LegacyLayers.Local });
        var map = TensorMap.Identity([.. both.Tensors.Select(static t => new MappedTensor(t.Name, t.Shape))]);
        var plan = CopyPlanner.Plan(both.Tensors, map, writer.LayOut([.. both.Tensors.Select(static t => TensorTarget.Whole(t.Name, t.DType, t.Shape))]));
        using var written = PartialOutput.Open(output, PlanHash.Of(plan, ""), new RunOptions());
        CopyRunner.Run(plan, both, written, new RunOptions(), new NoProgress(), CancellationToken.None);
        OutputFinisher.Write(written, plan.Layout.Closing);
        written.Publish();
    }

    static Outcome Convert(string flags, params string[] paths) => Done(["convert_ckpt", .. flags.Split(' '), .. paths]);

    static Outcome Done(params string[] arguments)
    {
        var run = Program.Run(arguments);
        Assert.True(run.ExitCode == 0, run.All);
        return run;
    }
}
