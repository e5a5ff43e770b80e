using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.TorchDist;

/// <summary>One small model as five versions of Megatron-core and torch wrote it: what each must say of it.</summary>
public sealed class TorchDistVersionTests
{
    [Theory, Clause("TDC-2.1"), Clause("TDC-2.4"), Clause("TDC-1.8"), Clause("TDC-2.19")]
    [InlineData("ck_core_v0.10.0_trixie", "torch.distributed.checkpoint.metadata.Metadata", null)]
    [InlineData("ck_core_v0.15.0_trixie", "megatron.core.dist_checkpointing.strategies.torch.MCoreMetadata", null)]
    [InlineData("ck_core_v0.19.0_forky", "torch.distributed.checkpoint.metadata.Metadata", "1.0.0")]
    [InlineData("mini", "torch.distributed.checkpoint.metadata.Metadata", null)]
    public void EveryVersionSaysTheSameModel(string name, string rootClass, string? version)
    {
        using var reader = Open(name);

        Assert.Equal("torch_dist", reader.Format);
        var words = reader.Tensors.Single(t => t.Name == "embedding.word_embeddings.weight");
        Assert.Equal((DType.BF16, new Shape(8, 4)), (words.DType, words.Shape));
        Assert.Equal(BFloat16(Enumerable.Range(0, 32).Select(i => (float)i)), TensorAssembler.ReadWhole(reader, words));
        var fc1 = reader.Tensors.Single(t => t.Name == "decoder.layers.mlp.linear_fc1.weight");
        Assert.Equal(new Shape(2, 2, 4), fc1.Shape);
        Assert.Equal(BFloat16(Enumerable.Repeat(1f, 8).Concat(Enumerable.Repeat(2f, 8))), TensorAssembler.ReadWhole(reader, fc1));

        var args = ((PickleObject)reader.Common!.Find("args")!).Attributes!;
        Assert.Equal(2, ((PickleInt)args.Find("num_layers")!).Value);
        Assert.Equal("torch.bfloat16", ((PickleGlobal)args.Find("params_dtype")!).FullName);
        Assert.Equal(7, ((PickleInt)reader.Common.Find("iteration")!).Value);
        Assert.Equal(123.0, ((PickleFloat)reader.Common.Find("num_floating_point_operations_so_far")!).Value);

        Assert.Equal("""[{"a":1}]""", PickleJson.Say(reader.ReadObject("rng_state/shard_0.0_1.1"))!.ToJsonString());
        Assert.IsType<PickleNone>(reader.ReadObject("decoder.layers.mlp.linear_fc1._extra_state/shard_1_2"));
        var empty = reader.OpenObject("decoder.layers.mlp.linear_fc1._extra_state/shard_0_2");
        var state = empty.Tensor(reader.ReadObject("decoder.layers.mlp.linear_fc1._extra_state/shard_0_2"));
        Assert.Equal((DType.U8, new Shape(0)), (state.DType, state.Shape));

        var said = reader.Describe();
        Assert.Equal(rootClass, said["index_class"]!.GetValue<string>());
        Assert.Equal(version, said["index_version"]?.GetValue<string>());
        Assert.Equal(7, said["common"]!["iteration"]!.GetValue<long>());
    }

    [Fact, Clause("TDC-2.2")]
    public void FlattenedOptimizerTensorsSayTheirShapeBefore()
    {
        using var reader = Open("ck_core_v0.15.0_trixie");
        var name = "optimizer.state.exp_avg.decoder.final_layernorm.weight";
        Assert.Equal(new Shape(1, 8), reader.Tensors.Single(t => t.Name == name).Shape);
        Assert.Equal(new Shape(8), reader.OriginalShapes[name]);
        using var before = Open("ck_core_v0.10.0_trixie");
        Assert.Equal(new Shape(8), before.Tensors.Single(t => t.Name == name).Shape);
        Assert.Empty(before.OriginalShapes);
    }

    [Fact, Clause("TDC-1.3")]
    public void PlainCheckpointsOfTorchSayPathsAndBareObjects()
    {
        using var reader = Open("van_forky");
        Assert.Equal("torch_dcp", reader.Format);
        Assert.Null(reader.Common);
        Assert.NotNull(reader.PlannerPaths);
        Assert.Equal(reader.Tensors.Select(t => t.Name).Concat(reader.Objects.Select(o => o.Name)).Order(StringComparer.Ordinal), reader.PlannerPaths.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, path) in reader.PlannerPaths) { Assert.Equal(name, string.Join('.', path.Select(step => step.Key ?? step.Index.ToString(System.Globalization.CultureInfo.InvariantCulture)))); }
    }

    [Fact, Clause("TDC-1.1"), Clause("TDC-1.2")]
    public void TheTrackerLeadsToTheIteration()
    {
        using var byRun = TorchDistReader.Open(Repository.Vector("torch_dist", "llama-tp1pp1"));
        using var byIteration = TorchDistReader.Open(Repository.Vector("torch_dist", "llama-tp1pp1", "iter_0000001") + "/");
        Assert.Equal(byIteration.Path, byRun.Path);
        Assert.Equal((1L, false), (byRun.Iteration!.Value, byRun.IsRelease));

        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["release"]);
        foreach (var from in Directory.EnumerateFiles(byRun.Path)) { File.Copy(from, Path.Combine(folder["release"], Path.GetFileName(from))); }
        File.WriteAllText(folder["latest_checkpointed_iteration.txt"], " release\n");
        using var release = TorchDistReader.Open(folder.Path);
        Assert.Equal(((long?)null, true), (release.Iteration, release.IsRelease));
    }

    static TorchDistReader Open(string name) => TorchDistReader.Open(Repository.Vector("torch_dist", "versions", name));

    /// <summary>bfloat16 is the upper half of a float.</summary>
    static byte[] BFloat16(IEnumerable<float> values) => [.. values.SelectMany(v => BitConverter.GetBytes(v)[2..])];
}
