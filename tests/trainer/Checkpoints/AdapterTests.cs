using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Ckpt.Sharding.Running;
using Ckpt.Trainer.Checkpoints;
using Xunit;

namespace Ckpt.TrainerTests.Checkpoints;

/// <summary>Adapters go through training under any split and come out as the bridge exports them, as Megatron stores them, and merged.</summary>
public sealed class AdapterTests
{
    static readonly string s_base = Repository.Vector("hf", "qwen3");
    static readonly string s_mcore = Repository.Vector("peft", "mcore", "qwen3-lora-tp2");
    static readonly string s_peft = Repository.Vector("peft", "accept", "qwen3");

    [Theory, Clause("TRN-11.3")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void RowsOfGateAndUpAreTheRanksOwn(int tensor)
    {
        var parts = LocalRanks.Run(tensor, 1, ranks =>
        {
            using var source = ModelSource.Open(new() { Model = s_base, McoreAdapter = s_mcore }, ranks);
            var run = RunInMemory.Load(source);
            Assert.Equal([4L, 8L, 0L], ((string[])["lora_rank", "lora_alpha", "use_rslora"]).Select(name => name == "use_rslora" ? 0L : (long)source.Adapter!.Arguments[name]!.GetValue<double>()));
            return run["decoder.layers.2.mlp.linear_fc1.lora_B.default.weight"];
        });
        // The maker of the vector: row o, column r is o + r / 4, rows counted over all gate rows and then all up rows.
        var share = 96 / tensor;
        for (var rank = 0; rank < tensor; rank++)
        {
            var values = MemoryMarshal.Cast<byte, float>(parts[rank]);
            for (var row = 0; row < 2 * share; row++)
            {
                var global = row < share ? (rank * share) + row : 96 + (rank * share) + row - share;
                Assert.Equal(global + 0.5f, values[(row * 4) + 2]);
            }
        }
    }

    [Theory, Clause("TRN-14.3"), Clause("TRN-13.6"), Clause("TRN-14.5")]
    [InlineData(2, 2, 1, 1)]
    [InlineData(4, 1, 2, 2)]
    public void WhatComesOutIsWhatTheBridgeExports(int tensor, int data, int tensorAfter, int dataAfter)
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = s_base, McoreAdapter = s_mcore };
        var first = LocalRanks.Run(tensor, data, ranks => Save(options, ranks, new SaveOptions { OutputDir = folder["a"] }))[0];
        var second = LocalRanks.Run(tensorAfter, dataAfter, ranks => Save(options with { McoreAdapter = first }, ranks, new SaveOptions { OutputDir = folder["b"] }, resume: first))[0];
        var expected = JsonNode.Parse(File.ReadAllBytes(Path.Combine(s_mcore, "expected.json")))!["peft"]!.AsObject();
        foreach (var saved in (string[])[first, second])
        {
            using var peft = PeftAdapter.Open(saved);
            Assert.Equal(expected.Select(entry => entry.Key).Order(StringComparer.Ordinal), peft.Reader.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
            Assert.All(expected, entry => Assert.Equal((string?)entry.Value!["sha256"], Hash(peft.Reader, entry.Key)));
            Assert.Equal((4, 8.0), (peft.Config.Rank, peft.Config.Alpha));
            Assert.Contains("q_proj", File.ReadAllText(Path.Combine(saved, "adapter_config.json")), StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(saved, "additional_config.json")));

            // Merged it is what the exporter makes of the vector: in float32, rounded once.
            using var mcore = McoreAdapter.Open(s_mcore);
            using var merged = AdapterMerge.Plan(SafetensorsReader.Open(s_base), [mcore], Config());
            using var written = SafetensorsReader.Open(saved + "-merged");
            Assert.True(CheckpointComparison.Run(merged.Checkpoint, written, new RunOptions(), new NoProgress(), default).IsEqual);
            Assert.True(File.Exists(Path.Combine(saved + "-merged", "generation_config.json")));
        }
        if (tensorAfter != 2) { return; }
        // Saved under two ranks, it is the checkpoint that Megatron-core saved under two.
        using var ours = TorchDistReader.Open(second);
        using var theirs = TorchDistReader.Open(s_mcore);
        Assert.Equal(theirs.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), ours.Tensors.Select(t => t.Name).Where(name => !name.StartsWith("optimizer.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.All(theirs.Tensors, tensor => Assert.Equal(Hash(theirs, tensor.Name), Hash(ours, tensor.Name)));
    }

    [Theory, Clause("TRN-12.3"), Clause("TRN-13.6")]
    [InlineData(2, 1)]
    public void ProjectionsWithMatricesOfTheirOwnKeepThem(int tensor, int tensorAfter)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(s_peft, "regex");
        var options = new ModelSourceOptions { Model = s_base, Adapter = path };
        var first = LocalRanks.Run(tensor, 1, ranks =>
        {
            using (var source = ModelSource.Open(options, ranks))
            {
                var a = source.Find("decoder.layers.2.self_attention.linear_qkv.lora_A.default.q.weight")!;
                Assert.NotNull(source.Find("decoder.layers.2.mlp.linear_fc1.lora_B.default.up.weight"));
                Assert.Equal("TRN-12.2", Assert.Throws<MalformedCheckpointException>(() => source.Find("decoder.layers.1.mlp.linear_fc1.lora_B.default.up.weight")).Clause);
            }
            return Save(options, ranks, new SaveOptions { OutputDir = folder["a"] });
        })[0];
        using var before = PeftAdapter.Open(path);
        using (var after = PeftAdapter.Open(first))
        {
            Assert.True(CheckpointComparison.Run(before.Reader, after.Reader, new RunOptions(), new NoProgress(), default).IsEqual);
            Assert.Equal((before.Config.Rank, before.Config.Alpha), (after.Config.Rank, after.Config.Alpha));
        }
        var expected = JsonNode.Parse(File.ReadAllBytes(Path.Combine(path, "expected.json")))!["merged_float32_to_bf16_sha256"]!.AsObject();
        using (var merged = SafetensorsReader.Open(first + "-merged"))
        {
            Assert.All(expected, entry => Assert.Equal((string?)entry.Value, Hash(merged, entry.Key)));
        }
        // From the iteration's own files as well, with the optimizer's states.
        var second = LocalRanks.Run(tensorAfter, 1, ranks => Save(options with { Adapter = null, McoreAdapter = first }, ranks, new SaveOptions { OutputDir = folder["b"] }, resume: first))[0];
        using var again = PeftAdapter.Open(second);
        Assert.True(CheckpointComparison.Run(before.Reader, again.Reader, new RunOptions(), new NoProgress(), default).IsEqual);
    }

    [Fact, Clause("TRN-12.2")]
    public void AnAdapterThatLacksAPartIsNotFilledUp()
    {
        using var source = ModelSource.Open(new() { Model = s_base, McoreAdapter = s_mcore }, TrainerRanks.Alone);
        var error = Assert.Throws<MalformedCheckpointException>(() => source.Find("decoder.layers.0.mlp.router.lora_A.default.weight"));
        Assert.Equal("TRN-12.2", error.Clause);
        Assert.Contains("mlp.router.lora_A", error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("TRN-11.3"), Clause("TRN-13.6")]
    [InlineData(1, 2)]
    [InlineData(4, 2)]
    public void ModulesThatAreTrainedWholeGoWithTheAdapter(int tensor, int tensorAfter)
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = s_base, McoreAdapter = s_mcore };
        const string Head = "output_layer.modules_to_save.default.weight";
        var first = LocalRanks.Run(tensor, 1, ranks =>
        {
            using var source = ModelSource.Open(options, ranks);
            var run = RunInMemory.Load(source);
            run.Add(Head, source.Find("output_layer.weight")!, [.. run["output_layer.weight"].Select(static value => (byte)(value ^ 0x40))]);
            run.WithStates((name, kind) => name == Head ? SavingTests.StateOf(kind, run[name]) : StateOf(kind, run[name]), adaptersOnly: true);
            return TrainerCheckpoint.Save(source, ranks, State(source, ranks), run.Saved(adaptersOnly: true), run, new SaveOptions { OutputDir = folder.Path });
        })[0];
        LocalRanks.Run(tensorAfter, 1, ranks =>
        {
            using var source = ModelSource.Open(options with { McoreAdapter = first }, ranks);
            var (info, head) = (source.Find(Head)!, source.Find("output_layer.weight")!);
            Assert.Equal(head.Shape, info.Shape);
            var (found, stored) = (new byte[info.ByteLength], new byte[head.ByteLength]);
            source.Read(Head, 0, found);
            source.Read("output_layer.weight", 0, stored);
            using var training = ResumedTraining.Open(first, source, ranks);
            var state = new byte[training.Find(Head, "exp_avg").ByteLength];
            training.Read(Head, "exp_avg", 0, state);
            // The vocabulary's 259 rows; what fills them up to the ranks' is nobody's.
            var rows = Math.Min(info.Shape[0], 259 - (ranks.Rank * info.Shape[0])) * info.Shape[1];
            var expected = stored.Select(static value => (byte)(value ^ 0x40)).ToArray();
            Assert.True(expected.AsSpan(0, (int)rows * 2).SequenceEqual(found.AsSpan(0, (int)rows * 2)));
            Assert.True(SavingTests.StateOf("exp_avg", expected).AsSpan(0, (int)rows * 4).SequenceEqual(state.AsSpan(0, (int)rows * 4)));
            return 0;
        });
        using var merged = SafetensorsReader.Open(first + "-merged");
        using var before = SafetensorsReader.Open(s_base);
        Assert.Equal(
            TensorAssembler.ReadWhole(before, before.Tensors.Single(t => t.Name == "lm_head.weight")).Select(static value => (byte)(value ^ 0x40)),
            TensorAssembler.ReadWhole(merged, merged.Tensors.Single(t => t.Name == "lm_head.weight")));
    }

    [Fact, Clause("TRN-12.5")]
    public void AnEmbeddingsAdapterIsRefusedBeforeTraining()
    {
        using var folder = new TemporaryFolder();
        using var source = ModelSource.Open(new() { Model = s_base, McoreAdapter = s_mcore }, TrainerRanks.Alone);
        var run = RunInMemory.Load(source);
        var save = new SaveOptions { OutputDir = folder.Path };
        TrainerCheckpoint.Check(source, TrainerRanks.Alone, State(source, TrainerRanks.Alone), run.Saved(adaptersOnly: true), save);
        run.Add("embedding.word_embeddings.lora_embedding_A.default", source.Find("decoder.layers.0.mlp.linear_fc1.lora_A.default.weight")!, run["decoder.layers.0.mlp.linear_fc1.lora_A.default.weight"]);
        var error = Assert.Throws<UnsupportedCheckpointException>(() => TrainerCheckpoint.Check(source, TrainerRanks.Alone, State(source, TrainerRanks.Alone), run.Saved(adaptersOnly: true), save));
        Assert.Equal("TRN-12.5", error.Clause);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact, Clause("TRN-14.3")]
    public void InMegatronsFormAloneItIsAllThereToGoOnWith()
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = s_base, McoreAdapter = s_mcore };
        var saved = LocalRanks.Run(2, 1, ranks => Save(options, ranks, new SaveOptions { OutputDir = folder.Path, SaveSafetensors = false, NoSaveOptim = true }))[0];
        Assert.Empty(Directory.GetFiles(saved, "*.safetensors"));
        Assert.False(Directory.Exists(saved + "-merged"));
        using var source = ModelSource.Open(options with { McoreAdapter = saved }, TrainerRanks.Alone);
        using var before = ModelSource.Open(options, TrainerRanks.Alone);
        var (run, expected) = (RunInMemory.Load(source), RunInMemory.Load(before));
        Assert.All(run.Names, name => Assert.Equal(expected[name], run[name]));
        Assert.Equal(8, source.Adapter!.Arguments["lora_alpha"]!.GetValue<double>());
    }

    static string Save(ModelSourceOptions options, TrainerRanks ranks, SaveOptions save, string? resume = null)
    {
        using var source = ModelSource.Open(options, ranks);
        var run = RunInMemory.Load(source);
        if (resume is null) { run.WithStates((name, kind) => StateOf(kind, run[name]), adaptersOnly: true); }
        else
        {
            using var training = ResumedTraining.Open(resume, source, ranks);
            run.WithStates(training, adaptersOnly: true);
            Assert.All(run.Names.Where(AdapterSource.IsAdapter), name => Assert.All(run.Kinds, kind => Assert.Equal(StateOf(kind, run[name]), run.State(name, kind))));
        }
        return TrainerCheckpoint.Save(source, ranks, State(source, ranks), run.Saved(adaptersOnly: true), run, save);
    }

    static TrainingState State(ModelSource source, TrainerRanks ranks)
    {
        var state = SavingTests.StateAt(12, SavingTests.RngOf(ranks));
        var arguments = state.Arguments.ToDictionary();
        foreach (var (name, value) in source.Adapter!.Arguments) { arguments[name] = System.Text.Json.JsonSerializer.SerializeToElement(value); }
        return state with { Arguments = arguments };
    }

    /// <summary>States of float32 parameters.</summary>
    static byte[] StateOf(string kind, byte[] parameter)
    {
        var bits = MemoryMarshal.Cast<byte, uint>(parameter).ToArray();
        var salt = kind == "param" ? 0u : kind == "exp_avg" ? 0x1234u : 0x4321u;
        for (var i = 0; i < bits.Length; i++) { bits[i] ^= salt; }
        return MemoryMarshal.AsBytes<uint>(bits).ToArray();
    }

    static Models.Configs.HfConfig Config() => Models.Configs.HfConfig.Parse(File.ReadAllBytes(Path.Combine(s_base, "config.json")), "config.json");

    static string Hash(ICheckpointReader reader, string name) => Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, reader.Tensors.Single(tensor => tensor.Name == name))));
}
