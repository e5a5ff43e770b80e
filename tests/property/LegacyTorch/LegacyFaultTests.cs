using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Running;
using Ckpt.Sharding.Views;
using FsCheck.Fluent;
using Xunit;
using static Ckpt.PropertyTests.LegacyTorch.RankFiles;

namespace Ckpt.PropertyTests.LegacyTorch;

/// <summary>Legacy checkpoints that must be refused, each by its clause; and what becomes of good ones when bytes of them change.</summary>
public sealed class LegacyFaultTests
{
    static readonly Shape s_one = new(1);
    static readonly (string, Shape, byte[]) s_norm = ("decoder.layers.0.input_layernorm.weight", s_one, [1]);
    static readonly (string, Shape, byte[]) s_router = ("decoder.layers.0.mlp.router.weight", new Shape(2, 1), [1, 2]);
    static readonly (string, Shape, byte[]) s_keyValue = ("decoder.layers.0.self_attention.linear_kv_up_proj.weight", new Shape(2, 2), [1, 2, 3, 4]);

    static string Refused(RankFiles files, LegacyReadOptions? options = null)
    {
        using (files)
        {
            var error = Assert.ThrowsAny<CheckpointException>(() => files.Open(options).Dispose());
            Assert.EndsWith($"[{error.Clause}]", error.Message, StringComparison.Ordinal);
            return $"{error.Clause} {error.Message}";
        }
    }

    static void Refused(string clause, RankFiles files, LegacyReadOptions? options = null) => Assert.StartsWith(clause + " ", Refused(files, options), StringComparison.Ordinal);

    [Theory]
    [InlineData("mp_rank_0x")]
    [InlineData("mp_rank_00_1")]
    [InlineData("mp_rank_00_000_000_000")]
    [InlineData("mp_rank_00_99999999")]
    [Clause("LEG-1.1")]
    public void OtherNamesAreNoRanks(string name) => Refused("LEG-1.1", new RankFiles().Add("mp_rank_00", null, s_norm).Add(name, null, s_norm));

    [Fact]
    [Clause("LEG-1.2")]
    public void ARankWithoutAFileIsAnError()
    {
        var files = new RankFiles().Add("mp_rank_00", null, s_norm);
        Directory.CreateDirectory(Path.Combine(files.Path, "mp_rank_01"));
        Refused("LEG-1.2", files);
        var empty = new RankFiles();
        Directory.CreateDirectory(empty.Path);
        Refused("LEG-1.2", empty);
    }

    [Fact]
    [Clause("LEG-1.2")]
    public void FoldersOfAnOptimizerAloneAreNoRanks()
    {
        using var files = new RankFiles().Add("mp_rank_00", null, s_norm);
        Directory.Move(Path.Combine(files.Path, "mp_rank_00"), Path.Combine(files.Path, "x"));
        Directory.CreateDirectory(Path.Combine(files.Path, "mp_rank_00"));
        File.Move(Path.Combine(files.Path, "x", "model_optim_rng.pt"), Path.Combine(files.Path, "mp_rank_00", "model_rng.pt"));
        Directory.CreateDirectory(Path.Combine(files.Path, "mp_rank_00_000"));
        File.WriteAllBytes(Path.Combine(files.Path, "mp_rank_00_000", "optim.pt"), [1]);
        using var reader = files.Open();
        Assert.Equal("mp_rank_00/model_rng.pt", Assert.Single(reader.Files).Path);
    }

    [Fact]
    [Clause("LEG-1.3")]
    public void NamesOfTwoLayoutsAreRefused() => Refused("LEG-1.3", new RankFiles().Add("mp_rank_00", null, s_norm).Add("mp_rank_00_001", null, s_norm));

    [Fact]
    [Clause("LEG-1.4")]
    public void NamesThatTheSizesWouldNotGiveAreRefused()
    {
        Refused("LEG-1.4", new RankFiles().Add("mp_rank_00_000", Args(("pipeline_model_parallel_size", 1), ("expert_model_parallel_size", 1)), s_norm));
        Refused("LEG-1.4", new RankFiles().Add("mp_rank_00", null, s_norm), new LegacyReadOptions { Sizes = new ParallelSizes { Expert = 2 } });
    }

    [Fact]
    [Clause("LEG-1.6")]
    public void EveryMissingRankIsNamed()
    {
        var message = Refused(new RankFiles().Add("mp_rank_01_000", Args(("tensor_model_parallel_size", 2), ("pipeline_model_parallel_size", 2)), s_norm));
        Assert.StartsWith("LEG-1.6", message, StringComparison.Ordinal);
        Assert.Contains("mp_rank_00_000, mp_rank_00_001, mp_rank_01_001", message, StringComparison.Ordinal);
        // Folded: tensor and expert ranks run together.
        Assert.Contains("none in mp_rank_01_001 ", Refused(new RankFiles().Add("mp_rank_00_000",
            Args(("tensor_model_parallel_size", 2), ("expert_model_parallel_size", 2), ("expert_tensor_parallel_size", 1)), s_norm)), StringComparison.Ordinal);
        Assert.Contains("mp_rank_01 is a rank", Refused(new RankFiles().Add("mp_rank_00", Args(("tensor_model_parallel_size", 1)), s_norm).Add("mp_rank_01", null, s_norm)), StringComparison.Ordinal);
        Refused("LEG-1.6", new RankFiles().Add("mp_rank_00", Args(("tensor_model_parallel_size", 1 << 20)), s_norm));
    }

    [Fact]
    [Clause("LEG-1.7")]
    public void RanksThatShareAFolderCannotBe()
    {
        Refused("LEG-1.7", new RankFiles().Add("mp_rank_00", Args(("tensor_model_parallel_size", 1), ("expert_tensor_parallel_size", 2)), s_norm));
        var writer = new LegacyTorchWriter(new LegacyTorchWriterOptions { Common = new PickleDict(), Layout = ParallelLayout.Of(1, new ParallelSizes { Tensor = 2, ExpertTensor = 4 }) });
        Assert.Equal("LEG-1.7", Assert.Throws<LayoutException>(() => writer.LayOut([])).Clause);
    }

    [Fact]
    [Clause("LEG-2.1"), Clause("LEG-2.2"), Clause("LEG-2.3")]
    public void AFileIsADictWithModels()
    {
        Refused("LEG-2.1", new RankFiles().Save("mp_rank_00", new PickleList()));
        Refused("LEG-2.2", new RankFiles().Save("mp_rank_00", new PickleDict().Add("state_dict", new PickleDict())));
        Refused("LEG-2.2", new RankFiles().Save("mp_rank_00", new PickleDict().Add("model0", new PickleDict()).Add("model2", new PickleDict())));
        Refused("LEG-2.2", new RankFiles().Save("mp_rank_00", new PickleDict().Add("model", new PickleDict()).Add("model0", new PickleDict())));
        var circle = new PickleDict();
        circle.Add("again", circle);
        Refused("LEG-2.3", new RankFiles().Save("mp_rank_00", new PickleDict().Add("model", circle)));
        var deep = new PickleDict();
        for (var i = 0; i < 20; i++) { deep = new PickleDict().Add("in", deep); }
        Refused("LEG-2.3", new RankFiles().Save("mp_rank_00", new PickleDict().Add("model", deep)));
        var numbered = new PickleDict();
        numbered.Items.Add(new(new PickleInt(1), new PickleDict()));
        Refused("LEG-2.3", new RankFiles().Save("mp_rank_00", new PickleDict().Add("model", numbered)));
    }

    [Fact]
    [Clause("LEG-3.1")]
    public void ArgumentsAreOfTheirTypes()
    {
        Refused("LEG-3.1", new RankFiles().Add("mp_rank_00", new PickleDict().Add("checkpoint_version", Node("three")), s_norm));
        Refused("LEG-3.1", new RankFiles().Add("mp_rank_00", Args(("noop_layers", "1,x")), s_norm));
        Refused("LEG-3.1", new RankFiles().Add("mp_rank_00", Args(("num_layer_list", new object[] { -1 })), s_norm));
        Refused("LEG-3.1", new RankFiles().Add("mp_rank_00", Args(("pipeline_model_parallel_layout", 3)), s_norm));
        Refused("LEG-3.1", new RankFiles().Add("mp_rank_00", Args(("pipeline_model_parallel_layout", new object[] { "Et" })), s_norm));
        Refused("LEG-3.1", new RankFiles().Add("mp_rank_00", Args(("num_attention_heads", 1 << 20)), ("decoder.layers.0.self_attention.linear_qk_nope.weight", new Shape(1, 1), [1]),
            ("decoder.layers.0.self_attention.linear_qk_rope.weight", new Shape(1, 1), [1]), s_keyValue));
    }

    [Fact]
    [Clause("LEG-3.2")]
    public void LayersAreWhereTheLayoutPutsThem()
    {
        Refused("LEG-3.2", new RankFiles().Add("mp_rank_00", Args(("num_layers", 2)), s_norm));
        Refused("LEG-3.2", new RankFiles().Add("mp_rank_00", null, ("embedding.word_embeddings.weight", new Shape(1, 1), [1])));
        Refused("LEG-3.2", new RankFiles().Add("mp_rank_00", null, ("decoder.layers.1.input_layernorm.weight", s_one, [1])));
        var stages = Args(("tensor_model_parallel_size", 1), ("pipeline_model_parallel_size", 2), ("num_layers", 2));
        Refused("LEG-3.2", new RankFiles().Add("mp_rank_00_000", stages, s_norm).Add("mp_rank_00_001", stages, [[s_norm], []]));
        Assert.Equal("LEG-3.2", Assert.Throws<MalformedCheckpointException>(() => LegacyTarget.Of(new PickleDict(), null, StageOptions.Even, "none")).Clause);
    }

    [Fact]
    [Clause("LEG-3.3")]
    public void NothingIsMissingAndNothingLeftOver()
    {
        var two = Args(("tensor_model_parallel_size", 2));
        (string, Shape, byte[]) bias = ("decoder.layers.0.self_attention.linear_proj.bias", s_one, [1]);
        Refused("LEG-3.3", new RankFiles().Add("mp_rank_00", two, s_norm, bias).Add("mp_rank_01", two, s_norm));
        Refused("LEG-3.3", new RankFiles().Add("mp_rank_00", two, s_norm).Add("mp_rank_01", two, s_norm, bias));
        Refused("LEG-3.3", new RankFiles().Add("mp_rank_00", null, s_router, ("decoder.layers.0.mlp.experts.linear_fc2.weight1", new Shape(1, 1), [1])));
        var stages = Args(("tensor_model_parallel_size", 2), ("pipeline_model_parallel_size", 2), ("num_layers", 2));
        Refused("LEG-3.3", new RankFiles().Add("mp_rank_00_000", stages, s_norm, ("embedding.word_embeddings.weight", new Shape(1, 1), [1])).Add("mp_rank_01_000", stages, s_norm).Add("mp_rank_00_001", stages, s_norm).Add("mp_rank_01_001", stages, s_norm));
    }

    [Fact]
    [Clause("LEG-3.4")]
    public void SharesFitEachOther()
    {
        var two = Args(("tensor_model_parallel_size", 2));
        RankFiles Shared(Shape first, Shape second) => new RankFiles().Add("mp_rank_00", two, s_norm, ("decoder.layers.0.self_attention.linear_proj.weight", first, new byte[first.Count]))
            .Add("mp_rank_01", two, s_norm, ("decoder.layers.0.self_attention.linear_proj.weight", second, new byte[second.Count]));
        Refused("LEG-3.4", Shared(new Shape(2, 2), new Shape(2, 1)));
        Refused("LEG-3.4", Shared(new Shape(2, 2), new Shape(1, 2)));
        Refused("LEG-3.4", Shared(new Shape(2), new Shape(2)));
        var wide = TorchTensor.Node(DType.U8, s_one, "0", new TorchNames());
        var args = ((PickleTuple)((PickleObject)wide).Args).Items.ToArray();
        (args[2], args[3]) = (new PickleTuple([new PickleInt(1), new PickleInt(long.MaxValue - 8)]), new PickleTuple([new PickleInt(1), new PickleInt(0)]));
        var huge = new PickleObject(PickleConstruction.Reduce, ((PickleObject)wide).Callable, new PickleTuple(args));
        var model = new PickleDict().Add("decoder.layers.0.self_attention.linear_proj.weight", huge);
        RankFiles Stretched(string rank, RankFiles files) => files.Save(rank, new PickleDict { Items = { two.Items[0] } }.Add("model", model), [new byte[] { 1 }]);
        Refused("LEG-3.4", Stretched("mp_rank_01", Stretched("mp_rank_00", new RankFiles())));
        (string, Shape, byte[]) bias = ("decoder.layers.0.self_attention.linear_proj.bias", new Shape(2), [1, 2]);
        using var mixed = new RankFiles().Add("mp_rank_00", two, s_norm, bias);
        mixed.Save("mp_rank_01", new PickleDict { Items = { two.Items[0] } }.Add("model", new PickleDict()
            .Add(s_norm.Item1, TorchTensor.Node(DType.U8, s_one, "0", new TorchNames())).Add(bias.Item1, TorchTensor.Node(DType.I8, new Shape(2), "1", new TorchNames()))), [new byte[] { 1 }, new byte[] { 1, 2 }]);
        Assert.Equal("LEG-3.4", Assert.Throws<MalformedCheckpointException>(() => mixed.Open()).Clause);
    }

    [Fact]
    [Clause("LEG-4.2"), Clause("LEG-4.3"), Clause("LEG-4.4"), Clause("LEG-4.5"), Clause("LEG-4.6")]
    public void FormsAreWhole()
    {
        (string, Shape, byte[]) Old(Shape shape) => ("language_model.encoder.layers.0.self_attention.query_key_value.weight", shape, new byte[shape.Count]);
        Refused("LEG-4.2", new RankFiles().Add("mp_rank_00", null, Old(new Shape(6, 1))));
        Refused("LEG-4.2", new RankFiles().Add("mp_rank_00", Args(("num_attention_heads", 4)), Old(new Shape(6, 1))));

        (string, Shape, byte[]) Weight(Shape shape) => ("decoder.layers.0.mlp.experts.weight1", shape, new byte[shape.Count]);
        Refused("LEG-4.3", new RankFiles().Add("mp_rank_00", null, s_norm, Weight(new Shape(2, 2))));
        Refused("LEG-4.3", new RankFiles().Add("mp_rank_00", null, s_router, Weight(new Shape(2, 3))));
        Refused("LEG-4.3", new RankFiles().Add("mp_rank_00", null, s_router, Weight(new Shape(4))));
        Refused("LEG-4.3", new RankFiles().Add("mp_rank_00", null, s_router, ("decoder.layers.0.mlp.experts.linear_fc1.weight", s_one, [1])));
        Refused("LEG-4.3", new RankFiles().Add("mp_rank_00_000", Args(("expert_model_parallel_size", 3)), s_router, Weight(new Shape(2, 2)))
            .Add("mp_rank_00_001", null, s_router).Add("mp_rank_00_002", null, s_router));

        (string, Shape, byte[]) Down(int rows) => ("decoder.layers.0.self_attention.linear_qkv.weight", new Shape(rows, 1), new byte[rows]);
        Refused("LEG-4.4", new RankFiles().Add("mp_rank_00", null, s_keyValue, Down(5)));
        Refused("LEG-4.4", new RankFiles().Add("mp_rank_00", Args(("qk_pos_emb_head_dim", 3)), s_keyValue, Down(5)));
        Refused("LEG-4.5", new RankFiles().Add("mp_rank_00", Args(("num_attention_heads", 1)), ("decoder.layers.0.self_attention.linear_kv_nope.weight", new Shape(1, 1), [1])));
        (string, Shape, byte[])[] halves = [("decoder.layers.0.self_attention.linear_kv_nope.weight", new Shape(3, 1), [1, 2, 3]), ("decoder.layers.0.self_attention.linear_v.weight", new Shape(2, 1), [1, 2])];
        Refused("LEG-4.5", new RankFiles().Add("mp_rank_00", null, halves));
        Refused("LEG-4.5", new RankFiles().Add("mp_rank_00", Args(("num_attention_heads", 2)), halves));

        Refused("LEG-4.6", new RankFiles().Add("mp_rank_00", null, s_norm, ("decoder.layers.0.self_attention.linear_qkv.weight", new Shape(1, 1), [1]), ("decoder.layers.0.self_attention.linear_qkv.layer_norm_weight", s_one, [2])));
    }

    [Fact]
    [Clause("LEG-6.3")]
    public void WhatLegacyFilesCannotHoldIsRefused()
    {
        string Refused(string name, LegacyExperts experts, params long[] dims)
        {
            var writer = new LegacyTorchWriter(new LegacyTorchWriterOptions
            {
                Common = Args(("num_experts", 2)),
                Layout = ParallelLayout.Of(1, new ParallelSizes()),
                Experts = experts,
                Cuts = new Ckpt.Models.Megatron.MegatronCutOptions { Experts = 2 },
            });
            return Assert.Throws<UnsupportedCheckpointException>(() => writer.LayOut([TensorTarget.Whole(name, DType.BF16, new Shape(dims))])).Clause;
        }
        Assert.Equal("LEG-6.3", Refused("optimizer.state.exp_avg.decoder.layers.0.input_layernorm.weight", LegacyExperts.Sequential, 4));
        Assert.Equal("LEG-6.3", Refused("decoder.layers.0.mlp.experts.experts.0.linear_fc1.weight", LegacyExperts.Grouped, 4, 2));
        Assert.Equal("LEG-6.3", Refused("decoder.layers.0.mlp.experts.experts.linear_fc2.bias", LegacyExperts.Grouped, 2, 4));
    }

    [Fact]
    [Clause("SHD-6.3")]
    public void CopiesThatDifferAreFoundBeforeAnythingIsWritten()
    {
        var two = Args(("tensor_model_parallel_size", 2));
        (string, Shape, byte[]) Norm(params byte[] bytes) => ("decoder.layers.0.pre_mlp_layernorm.weight", new Shape(3), bytes);
        using var files = new RankFiles().Add("mp_rank_00", two, s_norm, Norm(1, 2, 3)).Add("mp_rank_01", two, s_norm, Norm(1, 2, 4));
        using var reader = files.Open();
        Assert.Equal(2, reader.Replicas.Count);
        using var viewed = new ViewedCheckpoint(reader, []);

        var error = Assert.Throws<MalformedCheckpointException>(() => ReplicaComparison.Check(viewed, new RunOptions(), new NoProgress(), CancellationToken.None));

        Assert.Equal("SHD-6.3", error.Clause);
        Assert.Contains("decoder.layers.0.pre_mlp_layernorm.weight [0]+[3] differs in 1 elements between mp_rank_00/model_optim_rng.pt and mp_rank_01/model_optim_rng.pt", error.Message, StringComparison.Ordinal);
        using var same = new RankFiles().Add("mp_rank_00", two, s_norm, Norm(1, 2, 3)).Add("mp_rank_01", two, s_norm, Norm(1, 2, 3));
        using var agreeing = same.Open();
        ReplicaComparison.Check(agreeing, new RunOptions(), new NoProgress(), CancellationToken.None);
        ReplicaComparison.Check(new MemoryCheckpoint(), new RunOptions(), new NoProgress(), CancellationToken.None);
    }

    /// <summary>Any byte of a rank's file changed, or the file cut: an error of ours, or tensors that lie in the file.</summary>
    [Fact]
    [Clause("LEG-3.4"), Clause("LEG-2.1")]
    public void ChangedFilesAreRefusedOrReadInsideTheirBytes()
    {
        using var files = new RankFiles();
        var two = Args(("tensor_model_parallel_size", 2), ("num_attention_heads", 2), ("num_layers", 1), ("noop_layers", ""), ("checkpoint_version", 1.0));
        foreach (var rank in new[] { 0, 1 })
        {
            files.Add($"mp_rank_{rank:D2}", two, s_router, ("decoder.layers.0.mlp.experts.weight1", new Shape(1, 4), [1, 2, 3, 4]), ("decoder.layers.0.mlp.experts.weight2", new Shape(2, 1), [5, 6]),
                ("decoder.layers.0.self_attention.linear_qkv.weight", new Shape(6, 1), [1, 2, 3, 4, 5, 6]), ("embedding.word_embeddings.weight", new Shape(2, 1), [7, 8]));
        }
        files.Open().Dispose();
        var path = Path.Combine(files.Path, "mp_rank_01", "model_optim_rng.pt");
        var good = File.ReadAllBytes(path);
        var changes =
            from at in Gen.Choose(0, int.MaxValue - 1)
            from value in Gen.Elements(0, 1, 2, 0x7F, 0x80, 0xFF, '0', '9', 'K', '.', ')')
            from cut in Gen.Frequency((1, Gen.Constant(true)), (9, Gen.Constant(false)))
            select (At: at % good.Length, Value: (byte)value, Cut: cut);
        Law.Holds(changes, c =>
        {
            var bytes = good.ToArray();
            if (c.Cut) { bytes = bytes[..c.At]; }
            else { bytes[c.At] = c.Value; }
            File.WriteAllBytes(path, bytes);
            try
            {
                using var reader = files.Open();
                foreach (var tensor in reader.Tensors) { TensorAssembler.ReadWhole(reader, tensor); }
            }
            catch (CheckpointException) { }
            return true;
        }, 600);
    }
}
