using System.Text.Json.Nodes;
using Ckpt.Cli.Looking;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

public sealed class LookingTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public LookingTests()
    {
        Directory.CreateDirectory(_folder["c/iter_0000007"]);
        File.WriteAllText(_folder["c/iter_0000007/metadata.json"], """{"sharded_backend": "torch_dist"}""");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Clause("CLI-7.1")]
    public void AListingNamesEverything() => Assert.Equal(
        """
        name                                              type      shape       size  boxes  file
        embedding.word_embeddings.weight                  bfloat16  [10, 8]    160 B      2  __0_0.distcp and 1 more
        decoder.layers.self_attention.linear_proj.weight  float32   [2, 8, 8]  512 B      4  __0_0.distcp and 1 more
        rng_state/shard_0_1                               object    -           12 B      -  __0_0.distcp

        bfloat16: 1 tensor, 80 elements, 160 B
        float32: 1 tensor, 128 elements, 512 B
        objects: 1, 12 B
        torch_dist: 2 tensors, 208 elements, 672 B in 2 files

        """,
        Run("ls").Out);

    [Fact]
    [Clause("CLI-7.1")]
    public void EveryBoxIsListedWhereItIsAskedFor()
    {
        var run = Run("ls", "--boxes");
        Assert.Contains("    [0, 0, 4]+[1, 8, 4]  __1_0.distcp @64+64\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(6, run.Out.Split('\n').Count(l => l.StartsWith("    [", StringComparison.Ordinal)));
    }

    [Fact]
    [Clause("CLI-7.1")]
    public void TheListingIsJsonToo()
    {
        var json = JsonNode.Parse(Run("ls", "--json", "--boxes").Out)!;
        Assert.Equal("torch_dist", json["format"]!.GetValue<string>());
        Assert.Equal([0, 0, 4], json["tensors"]![1]!["boxes"]![1]!["start"]!.AsArray().Select(n => n!.GetValue<int>()));
        Assert.Equal([2, 8, 8], json["tensors"]![1]!["shape"]!.AsArray().Select(n => n!.GetValue<int>()));
        Assert.Equal(672, json["totals"]!["all"]!["bytes"]!.GetValue<long>());
        Assert.Equal("rng_state/shard_0_1", json["objects"]![0]!["name"]!.GetValue<string>());
        Assert.Equal(2, JsonNode.Parse(Run("ls", "--json").Out)!["tensors"]![0]!["boxes"]!.GetValue<int>());
    }

    [Fact]
    [Clause("CLI-7.1")]
    public void ANameCannotSteerTheTerminal()
    {
        var checkpoint = new FakeCheckpoint("safetensors", "p", [new("f", 9)], [new("a\u001b[2Jb", DType.U8, new Shape(1), [new(new Box([0], [1]), 0, 8, 1)])], []);
        Assert.DoesNotContain('\u001b', string.Concat(CheckpointListing.Lines(checkpoint, boxes: true)));
    }

    [Fact]
    public void AnEmptyCheckpointIsListed()
    {
        var checkpoint = new FakeCheckpoint("safetensors", "p", [new("f", 9)], [], []);
        Assert.Equal("safetensors: 0 tensors, 0 elements, 0 B in 1 file", CheckpointListing.Lines(checkpoint, boxes: true).Last());
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    public void TheGridShowsTheLayout(int pipeline, int writers)
    {
        var checkpoint = FakeCheckpoint.Megatron("p", pipeline);
        var guess = LayoutGuess.Of(checkpoint.Tensors, checkpoint.Files);
        Assert.Equal((writers, 2, null, null, pipeline), (guess.Writers, guess.Tensor, guess.ExpertTensor, guess.Expert, guess.Pipeline));
    }

    [Fact]
    public void TheGridShowsHowExpertsLie()
    {
        // EP 2 by ETP 2 over four ranks: rank r has experts 2(r / 2) and 2(r / 2) + 1, and half r % 2 of their columns.
        FileEntry[] files = [.. Enumerable.Range(0, 4).Select(rank => new FileEntry($"__{rank}_0.distcp", 4096))];
        var boxes = from rank in Enumerable.Range(0, 4)
                    from expert in Enumerable.Range(0, 2)
                    select new StoredBox(new Box([2 * (rank / 2) + expert, 0, 4 * (rank % 2)], [1, 8, 4]), rank, 64, 64);
        TensorInfo[] tensors = [new("decoder.layers.1.mlp.experts.experts.linear_fc2.weight", DType.F32, new Shape(4, 8, 8), [.. boxes])];
        var guess = LayoutGuess.Of(tensors, files);
        Assert.Equal((2, 2), (guess.Expert, guess.ExpertTensor));
    }

    [Fact]
    [Clause("CLI-7.2")]
    public void InspectShowsConfigAndCommonState()
    {
        File.WriteAllText(_folder["c/config.json"], """{"model_type": "qwen3", "note": "ä"}""");
        var run = Run("inspect");
        Assert.Contains("looks like TP 2, PP 1, written by 2 ranks", run.Out, StringComparison.Ordinal);
        Assert.Contains("\"note\": \"ä\"", run.Out, StringComparison.Ordinal);
        Assert.Contains("\"iteration\": 7", run.Out, StringComparison.Ordinal);

        var json = JsonNode.Parse(Run("inspect", "--json").Out)!;
        Assert.Equal("qwen3", json["config"]!["model_type"]!.GetValue<string>());
        Assert.Equal(2, json["layout_guess"]!["tensor_parallel_like"]!.GetValue<int>());
    }

    [Theory]
    [Clause("CLI-7.2")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"a\": 1")]
    [InlineData("{\"a\": 1, \"a\": 2}")]
    [InlineData("{\"a\": {\"b\": 1, \"b\": 2}}")]
    [InlineData("{\"a\": NaN}")]
    public void AConfigThatIsNoObjectIsRefused(string json)
    {
        File.WriteAllText(_folder["c/config.json"], json);
        var run = Run("inspect");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("[CLI-7.2]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-7.2")]
    public void AConfigOfAThousandLevelsIsRefused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000);
        Assert.Equal("CLI-7.2", Assert.Throws<MalformedCheckpointException>(() => ConfigFile.Parse(System.Text.Encoding.UTF8.GetBytes(deep), "config.json")).Clause);
    }

    ProgramRun Run(string command, params string[] flags) => ProgramRun.Of([command, _folder["c"], .. flags]);
}
