using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Trainer.Checkpoints;
using Xunit;

namespace Ckpt.TrainerTests.Checkpoints;

/// <summary>A rank gets the parameters that Megatron gave it, whatever the model is read from.</summary>
public sealed partial class RankLoadingTests
{
    // The same model in three formats by the real systems: two stages of two tensor parallel ranks each have their own files in the last.
    static readonly string s_legacy = Repository.Vector("legacy_torch", "qwen3-tp2pp2");

    [Theory, Clause("TRN-11.3")]
    [InlineData("hf")]
    [InlineData("torch_dist")]
    [InlineData("legacy")]
    public void EveryRankLoadsWhatMegatronGaveIt(string format)
    {
        var expected = Enumerable.Range(0, 2).Select(OfMegatron).ToArray();
        var loaded = LocalRanks.Run(2, 1, ranks =>
        {
            using var source = ModelSource.Open(Options(format), ranks);
            return RunInMemory.Load(source);
        });
        for (var rank = 0; rank < 2; rank++)
        {
            Assert.Equal(expected[rank].Keys.Order(StringComparer.Ordinal), loaded[rank].Names.Order(StringComparer.Ordinal));
            foreach (var (name, bytes) in expected[rank]) { Assert.True(bytes.AsSpan().SequenceEqual(loaded[rank][name]), $"rank {rank}: {name}"); }
        }
    }

    [Fact, Clause("TRN-11.3")]
    public void DataParallelRanksHoldTheSame()
    {
        var loaded = LocalRanks.Run(2, 2, ranks =>
        {
            using var source = ModelSource.Open(Options("hf"), ranks);
            return RunInMemory.Load(source);
        });
        foreach (var name in loaded[0].Names)
        {
            Assert.Equal(loaded[0][name], loaded[2][name]);
            Assert.Equal(loaded[1][name], loaded[3][name]);
        }
    }

    [Fact, Clause("TRN-12.1")]
    public void AParameterThatTheModelHasNotIsNamed()
    {
        using var source = ModelSource.Open(Options("hf"), TrainerRanks.Alone);
        var error = Assert.Throws<MalformedCheckpointException>(() => source.Find("decoder.layers.0.mlp.router.weight"));
        Assert.Equal("TRN-12.1", error.Clause);
        Assert.Contains("decoder.layers.0.mlp.router.weight", error.Message, StringComparison.Ordinal);
        Assert.Null(source.Find("decoder.layers.0.mlp.linear_fc1.lora_A.default.weight"));
        Assert.Contains("decoder.final_layernorm.weight", source.Unread());
    }

    [Fact, Clause("TRN-11.1")]
    public void StagesAreNotSplitHere()
    {
        var sizes = new Sharding.Layouts.ParallelSizes { Pipeline = 2 };
        Assert.Equal("TRN-11.1", Assert.Throws<LayoutException>(() => new Models.Megatron.Ranks.RankTensors(4, sizes)).Clause);
    }

    internal static ModelSourceOptions Options(string format) => format switch
    {
        "hf" => new() { Model = Repository.Vector("hf", "qwen3") },
        "torch_dist" => new() { McoreModel = Repository.Vector("torch_dist", "qwen3-tp4pp1"), Model = Repository.Vector("hf", "qwen3") },
        _ => new() { McoreModel = s_legacy, Model = Repository.Vector("hf", "qwen3") },
    };

    /// <summary>A tensor parallel rank's parameters as Megatron-core saved them, layers of both stages numbered over the model.</summary>
    static Dictionary<string, byte[]> OfMegatron(int tensor)
    {
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (var stage = 0; stage < 2; stage++)
        {
            using var bytes = new FileByteSource(Path.Combine(s_legacy, "iter_0000001", $"mp_rank_{tensor:D2}_{stage:D3}", "model_optim_rng.pt"));
            var file = TorchFile.Open(bytes);
            foreach (var (key, value) in ((PickleObject)((PickleDict)file.Root).Find("model")!).DictItems)
            {
                if (!TorchTensor.IsTensor(value) || ((PickleString)key).Value.EndsWith("_extra_state", StringComparison.Ordinal)) { continue; }
                var name = Layer().Replace(((PickleString)key).Value, match => $"layers.{int.Parse(match.Groups[1].ValueSpan) + (2 * stage)}.");
                var stored = TorchTensor.Read(value, "vector");
                found.TryAdd(name, TensorAssembler.ReadPayload(file.Locate(stored), stored.Shape, stored.DType));
            }
        }
        return found;
    }

    [GeneratedRegex(@"layers\.([0-9]+)\.")]
    private static partial Regex Layer();
}
