using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Sharding.Plans;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Multi-latent attention and balanced routers, beside the references' formulas.</summary>
public class LatentTests
{
    const string Hf = "model.layers.1.self_attn.";
    const string Megatron = "decoder.layers.1.self_attention.";

    [Theory, Clause("NAM-10.1")]
    [InlineData("q_a_proj.weight", "linear_q_down_proj.weight")]
    [InlineData("q_a_layernorm.weight", "linear_q_up_proj.layer_norm_weight")]
    [InlineData("q_b_proj.weight", "linear_q_up_proj.weight")]
    [InlineData("kv_a_proj_with_mqa.weight", "linear_kv_down_proj.weight")]
    [InlineData("kv_a_layernorm.weight", "linear_kv_up_proj.layer_norm_weight")]
    [InlineData("kv_b_proj.weight", "linear_kv_up_proj.weight")]
    [InlineData("o_proj.weight", "linear_proj.weight")]
    public void ProjectionsKeepTheirRows(string hf, string megatron)
    {
        var (there, here) = Run([]);
        Assert.Equal(there[Hf + hf], here[Megatron + megatron]);
    }

    [Fact, Clause("NAM-10.1")]
    public void QueriesWithoutALatentAreProjectedAtOnce()
    {
        var map = BridgeCompiler.Compile(FamilyCatalog.Find("deepseek_v2"), MtpTests.Config("deepseek_v2", null) with { Mla = new(null, 2, 2, 1, 2) }, new BridgeOptions());
        Assert.Contains(map.Links, link => map.Left.Tensors[link.Left].Name == Hf + "q_proj.weight" && map.Right.Tensors[link.Right].Name == Megatron + "linear_q_proj.weight");
        Assert.DoesNotContain(map.Left.Tensors, tensor => tensor.Name.Contains("q_a_", StringComparison.Ordinal) || tensor.Name.Contains("q_b_", StringComparison.Ordinal));
        Assert.DoesNotContain(map.Left.Tensors, tensor => tensor.Name.Contains("e_score", StringComparison.Ordinal));
    }

    /// <summary>cat[q_a_proj; kv_a_proj_with_mqa], and per head its part without rotary embedding before its part with one.</summary>
    [Fact, Clause("NAM-10.2")]
    public void MindSpeedJoinsAndSplits()
    {
        var (there, here) = Run(new() { ["mla down"] = "joined", ["mla up"] = "split", ["mla norm"] = "separate", ["dense norm"] = "separate" });
        Assert.Equal([.. there[Hf + "q_a_proj.weight"], .. there[Hf + "kv_a_proj_with_mqa.weight"]], here[Megatron + "linear_qkv.weight"]);
        // Two heads; a query has 2 + 1 rows of 3, a key and value 2 + 2 rows of 2.
        var query = there[Hf + "q_b_proj.weight"];
        Assert.Equal([.. query[..6], .. query[9..15]], here[Megatron + "linear_qk_nope.weight"]);
        Assert.Equal([.. query[6..9], .. query[15..18]], here[Megatron + "linear_qk_rope.weight"]);
        var value = there[Hf + "kv_b_proj.weight"];
        Assert.Equal([.. value[..4], .. value[8..12]], here[Megatron + "linear_kv_nope.weight"]);
        Assert.Equal([.. value[4..8], .. value[12..16]], here[Megatron + "linear_v.weight"]);
        Assert.Equal(there[Hf + "q_a_layernorm.weight"], here[Megatron + "q_layernorm.weight"]);
        Assert.Equal(there[Hf + "kv_a_layernorm.weight"], here[Megatron + "kv_layernorm.weight"]);
        Assert.Equal(there["model.layers.0.post_attention_layernorm.weight"], here["decoder.layers.0.pre_mlp_layernorm.weight"]);
    }

    /// <summary>Published files hold it in float32, files of a model cast as a whole in its type: each comes back as it was.</summary>
    [Theory, Clause("NAM-10.3")]
    [InlineData(DType.F32, null, DType.F32)]
    [InlineData(DType.F32, DType.F16, DType.F32)]
    [InlineData(DType.BF16, null, DType.BF16)]
    [InlineData(DType.BF16, DType.F16, DType.F16)]
    public void TheRoutersBiasComesBackInItsType(DType stored, DType? cast, DType expected)
    {
        const string Bias = "model.layers.1.mlp.gate.e_score_correction_bias";
        var (family, config) = (FamilyCatalog.Find("deepseek_v3"), MtpTests.Config("deepseek_v3", null));
        var files = BridgeCompiler.Compile(family, config, new BridgeOptions()).Left.Tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Name == Bias ? stored : DType.BF16, tensor.StoredShape, [])).ToArray();
        var options = new BridgeOptions { HfTensors = files };
        var there = TargetMaker.Make(files, BridgeCompiler.Compile(family, config, options), cast, cutLeadingAxes: false);
        Assert.Equal(DType.F32, there.Single(target => target.Name == "decoder.layers.1.mlp.router.expert_bias").DType);
        var back = BridgeCompiler.Compile(family, config, new BridgeOptions { Choices = BridgeCompiler.HfChoices(family, config, options) }).Reverse();
        var source = there.Select(target => new TensorInfo(target.Name, target.DType, target.Shape, [])).ToArray();
        Assert.Equal(expected, TargetMaker.Make(source, back, cast, cutLeadingAxes: false).Single(target => target.Name == Bias).DType);
    }

    static (Dictionary<string, int[]> Hf, Dictionary<string, int[]> Megatron) Run(Dictionary<string, string> choices)
    {
        var map = BridgeCompiler.Compile(FamilyCatalog.Find("deepseek_v3"), MtpTests.Config("deepseek_v3", null), new BridgeOptions { Choices = choices });
        var hf = Elements.Numbered(map.Left);
        return (hf, Elements.Apply(map, hf));
    }
}
