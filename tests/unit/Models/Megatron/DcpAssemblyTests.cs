using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Dcp;
using Xunit;

namespace Ckpt.UnitTests.Models.Megatron;

public sealed class DcpAssemblyTests
{
    const string Layer = "model.module.decoder.layers.3.";

    static TensorInfo[] Join(params (string Name, DType DType, long[] Shape)[] tensors)
    {
        var checkpoint = new MemoryCheckpoint();
        foreach (var (name, dtype, shape) in tensors)
        {
            var bytes = new byte[dtype.ByteLength(new Shape(shape).Count)];
            for (var i = 0; i < bytes.Length; i++) { bytes[i] = (byte)(i + name.Length); }
            checkpoint.Add(name, dtype, new Shape(shape), bytes);
        }
        return [.. DcpAssembly.Of(checkpoint).Views.Select(static view => view.Info)];
    }

    static void Refused(string clause, params (string Name, DType DType, long[] Shape)[] tensors) =>
        Assert.Equal(clause, Assert.ThrowsAny<CheckpointException>(() => Join(tensors)).Clause);

    [Theory, Clause("TDC-6.1")]
    [InlineData("model.module.module.embedding.word_embeddings.weight", "embedding.word_embeddings.weight")]
    [InlineData("model.decoder.layers.0.input_layernorm.weight", "decoder.layers.0.input_layernorm.weight")]
    [InlineData("model.language_model.decoder.layers.0.mlp.linear_fc2.weight", "language_model.decoder.layers.0.mlp.linear_fc2.weight")]
    [InlineData("model.module.mtp.layers.1.mtp_model_layer.mlp.linear_fc2.weight", "mtp.layers.1.transformer_layer.mlp.linear_fc2.weight")]
    [InlineData("model.module.decoder.layers.2.self_attention.in_proj.weight.query", "decoder.layers.2.self_attention.in_proj.weight.query")]
    [InlineData("optimizer.state.module.module.module.output_layer.weight.exp_avg_sq", "optimizer.state.exp_avg_sq.output_layer.weight")]
    [InlineData("optimizer.state.decoder.final_norm.weight.fp32_param", "optimizer.state.param.decoder.final_norm.weight")]
    public void NamesLoseTheirWrappers(string stored, string seen) => Assert.Equal(seen, Assert.Single(Join((stored, DType.F32, [2]))).Name);

    [Fact, Clause("TDC-6.1")]
    public void SequentialExpertsAreStackedWhateverTheirOrder()
    {
        var whole = Assert.Single(Join(
            (Layer + "mlp.experts.local_experts.1.linear_fc2.weight", DType.BF16, [3, 2]),
            (Layer + "mlp.experts.local_experts.0.linear_fc2.weight", DType.BF16, [3, 2])));
        Assert.Equal(("decoder.layers.3.mlp.experts.experts.linear_fc2.weight", new Shape(2, 3, 2)), (whole.Name, whole.Shape));
        Assert.Equal(TilingFault.None, BoxTiling.Check(whole.Shape, [.. whole.Boxes.Select(static box => box.Box)]));
    }

    [Fact, Clause("TDC-6.1")]
    public void NormsBeforeAProjectionArePartOfIt()
    {
        var names = Join(
            (Layer + "input_layernorm.weight", DType.F32, [2]), (Layer + "self_attention.linear_qkv.weight", DType.F32, [6, 2]),
            (Layer + "pre_mlp_layernorm.bias", DType.F32, [2]), (Layer + "mlp.linear_fc1.weight_w", DType.F32, [4, 2]), (Layer + "mlp.linear_fc1.weight_v", DType.F32, [4, 2]),
            ("model.module.decoder.layers.4.pre_mlp_layernorm.weight", DType.F32, [2])).Select(static t => t.Name["decoder.layers.".Length..]);
        Assert.Equal(["3.self_attention.linear_qkv.layer_norm_weight", "3.self_attention.linear_qkv.weight", "3.mlp.linear_fc1.layer_norm_bias", "3.mlp.linear_fc1.weight", "4.pre_mlp_layernorm.weight"], names);
    }

    [Fact, Clause("TDC-6.2")]
    public void TheSamePartTwiceIsRefused()
    {
        Refused("TDC-6.2", ("model.module.output_layer.weight", DType.F32, [2]), ("model.output_layer.weight", DType.F32, [2]));
        Refused("TDC-6.2", (Layer + "mlp.linear_fc1.weight", DType.F32, [4]), (Layer + "mlp.linear_fc1.weight_w", DType.F32, [2]), (Layer + "mlp.linear_fc1.weight_v", DType.F32, [2]));
    }

    [Fact, Clause("TDC-6.3")]
    public void HalvesWithoutTheirOtherAreRefused()
    {
        Refused("TDC-6.3", (Layer + "mlp.linear_fc1.weight_w", DType.F32, [2, 2]));
        Refused("TDC-6.3", (Layer + "mlp.linear_fc1.weight_w", DType.F32, [2, 2]), (Layer + "mlp.linear_fc1.weight_v", DType.F32, [3, 2]));
        Refused("TDC-6.3", (Layer + "mlp.linear_fc1.weight_w", DType.F32, [2, 2]), (Layer + "mlp.linear_fc1.weight_v", DType.BF16, [2, 2]));
    }

    [Fact, Clause("TDC-6.4")]
    public void ExpertsThatLackOrDifferAreRefused()
    {
        Refused("TDC-6.4", (Layer + "mlp.experts.linear_fc2.weight1", DType.F32, [2, 2]));
        Refused("TDC-6.4", (Layer + "mlp.experts.linear_fc2.weight0", DType.F32, [2, 2]), (Layer + "mlp.experts.linear_fc2.weight2", DType.F32, [2, 2]));
        Refused("TDC-6.4", (Layer + "mlp.experts.linear_fc2.weight0", DType.F32, [2, 2]), (Layer + "mlp.experts.linear_fc2.weight1", DType.F32, [2, 3]));
        Refused("TDC-6.4", (Layer + "mlp.linear_fc1.weight_w", DType.F32, [1L << 62, 0]), (Layer + "mlp.linear_fc1.weight_v", DType.F32, [1L << 62, 0]));
    }

    [Fact, Clause("TDC-6.5")]
    public void ExpertsInOneMatrixAreRefused() => Refused("TDC-6.5", (Layer + "mlp.experts.weight1", DType.F32, [4, 8]));

    [Fact, Clause("TDC-6.6")]
    public void PathsThatMeetAreRefused()
    {
        var tree = new DcpTree("here");
        tree.Add([new("a", 0), new(null, 1)], PickleNone.Instance);
        tree.Add([new("a", 0), new(null, 0)], new PickleInt(3));
        Assert.Equal("""{"a":[3,null]}""", PickleJson.Say(tree.Dict())!.ToJsonString());
        string Clause(TorchDistPathStep[] path) => Assert.Throws<MalformedCheckpointException>(() => tree.Add(path, PickleNone.Instance)).Clause;
        Assert.Equal("TDC-6.6", Clause([new("a", 0)]));
        Assert.Equal("TDC-6.6", Clause([new("a", 0), new(null, 0), new("b", 0)]));
        Assert.Equal("TDC-6.6", Clause([.. Enumerable.Repeat(new TorchDistPathStep("a", 0), 65)]));
    }
}
