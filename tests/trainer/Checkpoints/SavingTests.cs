using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Running;
using Ckpt.Trainer.Checkpoints;
using Xunit;

namespace Ckpt.TrainerTests.Checkpoints;

/// <summary>What ranks save together is the model and the state they hold, under whatever split it is saved and loaded.</summary>
public sealed class SavingTests
{
    [Theory, Clause("TRN-11.3"), Clause("TRN-11.4"), Clause("SHD-10.1")]
    [InlineData("qwen3", 1, 1, 2, 1)]
    [InlineData("qwen3", 4, 1, 2, 2)]
    [InlineData("llama-tied", 2, 1, 4, 1)]
    [InlineData("qwen2-untied", 2, 2, 4, 1)]
    [InlineData("qwen3_moe", 2, 2, 1, 1)]
    public void EveryBitIsTheSameUnderAnotherSplit(string model, int tensor, int data, int tensorAfter, int dataAfter)
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = Repository.Vector("hf", model) };
        var saved = LocalRanks.Run(tensor, data, ranks => Save(options, ranks, new SaveOptions { OutputDir = folder.Path, Threads = 2 }))[0];

        // The model that was loaded is the model that is there, in both forms.
        using var hf = SafetensorsReader.Open(saved);
        using var before = SafetensorsReader.Open(options.Model!);
        Assert.True(CheckpointComparison.Run(before, hf, new RunOptions(), new NoProgress(), default).IsEqual);

        var again = options with { McoreModel = saved };
        foreach (var run in LocalRanks.Run(tensorAfter, dataAfter, ranks => Load(again, ranks, saved)))
        {
            foreach (var (name, rank) in run.Run.Names.Select(name => (name, run.Rank)))
            {
                Assert.True(run.Expected[name].AsSpan().SequenceEqual(run.Run[name]), $"rank {rank}: {name}");
            }
        }
    }

    [Theory, Clause("TRN-13.6"), Clause("TRN-13.1")]
    [InlineData("qwen3", 2, 2, 1, 2)]
    [InlineData("qwen3", 1, 2, 4, 1)]
    [InlineData("qwen3_moe", 2, 1, 1, 2)]
    public void OptimizerStatesAreTheSameTensorsUnderAnotherSplit(string model, int tensor, int data, int tensorAfter, int dataAfter)
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = Repository.Vector("hf", model) };
        var saved = LocalRanks.Run(tensor, data, ranks => Save(options, ranks, new SaveOptions { OutputDir = folder.Path }))[0];
        using var reader = TorchDistReader.Open(saved);
        var checkedTensors = 0;
        foreach (var state in reader.Tensors.Where(t => t.Name.StartsWith("optimizer.state.", StringComparison.Ordinal)))
        {
            // What each rank gave for an element follows from state, tensor and the model's own element, so that the whole is known.
            var kind = state.Name.Split('.')[2];
            var key = state.Name[$"optimizer.state.{kind}.".Length..];
            var weights = TensorAssembler.ReadWhole(reader, reader.Tensors.Single(t => t.Name == key));
            Assert.Equal(DType.F32, state.DType);
            Assert.Equal(StateOf(kind, weights), TensorAssembler.ReadWhole(reader, state));
            checkedTensors++;
        }
        Assert.Equal(3 * reader.Tensors.Count(t => !t.Name.StartsWith("optimizer.", StringComparison.Ordinal)), checkedTensors);

        var resumed = LocalRanks.Run(tensorAfter, dataAfter, ranks =>
        {
            using var source = ModelSource.Open(options, ranks);
            var run = RunInMemory.Load(source);
            using var training = ResumedTraining.Open(saved, source, ranks);
            Assert.Equal([7L, 7L], training.Groups.Select(group => group.Step));
            Assert.Equal([1.0, 0.0], training.Groups.Select(group => group.WeightDecayFactor));
            Assert.Equal((12L, 96L, 8L), (training.State.Iteration, training.State.ConsumedTrainSamples, training.State.ConsumedValidSamples));
            Assert.Equal(1e-4, training.State.Scheduler!.MaxLr);
            Assert.Equal(tensor == tensorAfter, training.State.Rng is not null);
            return (Run: run, States: RunInMemory.Load(source).WithStates(training));
        });
        foreach (var (run, states) in resumed)
        {
            foreach (var name in run.Names)
            {
                foreach (var kind in run.Kinds) { Assert.True(StateOf(kind, run[name]).AsSpan().SequenceEqual(states.State(name, kind)), $"{kind} of {name}"); }
            }
        }
    }

    [Fact, Clause("TRN-13.3"), Clause("TRN-13.4")]
    public void EveryRankGetsItsOwnRandomNumbersBack()
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = Repository.Vector("hf", "qwen3") };
        var saved = LocalRanks.Run(2, 2, ranks => Save(options, ranks, new SaveOptions { OutputDir = folder.Path }))[0];
        LocalRanks.Run(2, 2, ranks =>
        {
            using var source = ModelSource.Open(options, ranks);
            using var training = ResumedTraining.Open(saved, source, ranks);
            Assert.Equal(RngOf(ranks).Torch.ToArray(), training.State.Rng!.Torch.ToArray());
            Assert.Equal(RngOf(ranks).Trackers["model-parallel-rng"].ToArray(), training.State.Rng!.Trackers["model-parallel-rng"].ToArray());
            return 0;
        });
        using var reader = TorchDistReader.Open(saved);
        Assert.Equal(["rng_state/shard_0.0_1.2", "rng_state/shard_0.1_1.2"], reader.Objects.Select(item => item.Name));
    }

    [Fact, Clause("TRN-13.1"), Clause("TRN-14.3")]
    public void WithoutOptimizerTheIterationSaysHowFarItIs()
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = Repository.Vector("hf", "qwen3") };
        var saved = LocalRanks.Run(2, 1, ranks => Save(options, ranks, new SaveOptions { OutputDir = folder.Path, NoSaveOptim = true, NoSaveRng = true }))[0];
        Assert.Equal(["common.pt"], Directory.GetFileSystemEntries(Path.Combine(saved, "iter_0000012")).Select(Path.GetFileName));
        Assert.Equal("12", File.ReadAllText(Path.Combine(saved, "latest_checkpointed_iteration.txt")));
        Assert.Equal("qwen3", (string?)JsonNode.Parse(File.ReadAllBytes(Path.Combine(saved, "config.json")))!["model_type"]);
        Assert.True(File.Exists(Path.Combine(saved, "generation_config.json")));
        // As --mcore_model or --model, it is found all the same, and goes on where it was.
        foreach (var again in (ModelSourceOptions[])[new() { McoreModel = saved }, new() { Model = saved }])
        {
            using var source = ModelSource.Open(again, TrainerRanks.Alone);
            using var training = ResumedTraining.Open(saved, source, TrainerRanks.Alone);
            Assert.Equal((12L, 96L), (training.State.Iteration, training.State.ConsumedTrainSamples));
            Assert.False(training.HasOptimizer);
            Assert.Equal(0.25, training.State.Arguments["warmup"].GetDouble());
        }
    }

    [Fact, Clause("TRN-14.1")]
    public void TheModelIsCutIntoFilesOfALimit()
    {
        using var folder = new TemporaryFolder();
        var options = new ModelSourceOptions { Model = Repository.Vector("hf", "qwen3") };
        var saved = LocalRanks.Run(2, 1, ranks => Save(options, ranks, new SaveOptions { OutputDir = folder.Path, NoSaveOptim = true, MaxShardBytes = 100_000 }))[0];
        var files = Directory.GetFiles(saved, "model-*.safetensors");
        Assert.True(files.Length > 3);
        Assert.All(files, file => Assert.True(new FileInfo(file).Length < 110_000));
        using var hf = SafetensorsReader.Open(saved);
        using var before = SafetensorsReader.Open(options.Model!);
        Assert.True(CheckpointComparison.Run(before, hf, new RunOptions(), new NoProgress(), default).IsEqual);
    }

    internal static string Save(ModelSourceOptions options, TrainerRanks ranks, SaveOptions save, long iteration = 12)
    {
        using var source = ModelSource.Open(options, ranks);
        var run = RunInMemory.Load(source);
        run.WithStates((name, kind) => StateOf(kind, run[name]));
        return TrainerCheckpoint.Save(source, ranks, StateAt(iteration, RngOf(ranks)), run.Saved(), run, save);
    }

    internal static TrainingState StateAt(long iteration, RngState? rng) => new(
        iteration, iteration * 8, 8, new Dictionary<string, JsonElement> { ["warmup"] = JsonSerializer.SerializeToElement(0.25), ["lora_rank"] = JsonSerializer.SerializeToElement<int?>(null) },
        new SchedulerState { MaxLr = 1e-4, DecaySteps = 1000, Steps = iteration * 8 }, rng);

    internal static RngState RngOf(TrainerRanks ranks)
    {
        var bytes = new byte[5056];
        new Random(ranks.Rank).NextBytes(bytes);
        return new RngState(bytes, new Dictionary<string, ReadOnlyMemory<byte>> { ["model-parallel-rng"] = bytes.AsMemory(0, 40).ToArray() });
    }

    /// <summary>float32 states of bfloat16 weights: the weight itself, or made of its bits.</summary>
    internal static byte[] StateOf(string kind, byte[] weights)
    {
        var bits = MemoryMarshal.Cast<byte, ushort>(weights);
        var made = new uint[bits.Length];
        var salt = kind == "param" ? 0u : kind == "exp_avg" ? 0x1234u : 0x4321u;
        for (var i = 0; i < made.Length; i++) { made[i] = ((uint)bits[i] << 16) | (salt == 0 || bits[i] == 0 ? 0 : bits[i] ^ salt); }
        return MemoryMarshal.AsBytes<uint>(made).ToArray();
    }

    static (int Rank, RunInMemory Run, RunInMemory Expected) Load(ModelSourceOptions options, TrainerRanks ranks, string saved)
    {
        using var source = ModelSource.Open(options, ranks);
        using var before = ModelSource.Open(options with { McoreModel = null }, ranks);
        Assert.Equal(saved, options.McoreModel);
        return (ranks.Rank, RunInMemory.Load(source), RunInMemory.Load(before));
    }
}
