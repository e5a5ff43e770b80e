using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron;
using Xunit;

namespace Ckpt.UnitTests.Models.Megatron;

public class HfConfigFromArgsTests
{
    [Theory, Clause("CFG-5.6"), Clause("CFG-5.5")]
    [InlineData("tiny-llama", KeyForm.Automatic)]
    [InlineData("tiny-llama-tied", KeyForm.Automatic)]
    [InlineData("llama-3.1-8b", KeyForm.PerLayer)]
    [InlineData("qwen2.5-7b-instruct", KeyForm.Automatic)]
    [InlineData("qwen3-sparse-biased", KeyForm.Automatic)]
    [InlineData("qwen3-8b", KeyForm.PerLayer)]
    [InlineData("qwen3-30b-a3b", KeyForm.Automatic)]
    [InlineData("qwen3_moe-mixed", KeyForm.Automatic)]
    [InlineData("tiny-mixtral", KeyForm.Automatic)]
    [InlineData("tiny-qwen2_moe", KeyForm.PerLayer)]
    [InlineData("tiny-glm4", KeyForm.Automatic)]
    [InlineData("tiny-glm4_moe", KeyForm.Automatic)]
    [InlineData("tiny-olmo2", KeyForm.Automatic)]
    [InlineData("tiny-olmoe", KeyForm.Automatic)]
    [InlineData("tiny-ernie4_5_moe", KeyForm.Automatic)]
    [InlineData("seed_oss-defaults", KeyForm.Automatic)]
    public void WhatWasWrittenIsRebuilt(string name, KeyForm form)
    {
        var original = TestModels.Read(name);
        var map = TestModels.Map(original, new BridgeOptions { KeyForm = form, PaddedVocab = original.Model.VocabSize + 5 });
        var rebuilt = HfConfigFromArgs.Rebuild(Common(name), Shapes(map), name);
        var config = HfConfig.Parse(rebuilt.Config, "rebuilt");
        var again = BridgeCompiler.Compile(config.Family, config.Model, MegatronNames.Options(config.Family, config.Model, Shapes(map), name));
        Assert.Equal(map.Left.Tensors, again.Left.Tensors);
        Assert.Equal(map.Links, again.Links);
        Assert.Equal(original.Model.RopeTheta, config.Model.RopeTheta);
        Assert.Equal(original.Model.NormEps, config.Model.NormEps);
        Assert.True(JsonNode.DeepEquals(original.Model.RopeScaling, config.Model.RopeScaling));
        Assert.Equal(
            (original.Model.ModelType, original.Model.PartialRotary, original.Model.ScoreFunction, original.Model.RouterGroups, original.Model.RouterGroupTopK, original.Model.RoutedScaling, original.Model.NormTopkProb),
            (config.Model.ModelType, config.Model.PartialRotary, config.Model.ScoreFunction, config.Model.RouterGroups, config.Model.RouterGroupTopK, config.Model.RoutedScaling, config.Model.NormTopkProb));
        Assert.All(rebuilt.Config, entry => Assert.Contains(rebuilt.Sources, source => source.StartsWith(entry.Key + " is ", StringComparison.Ordinal)));
    }

    [Fact, Clause("CFG-5.3")]
    public void NormsTellTheHeadsWhereArgumentsAreGone()
    {
        var map = TestModels.Map("qwen3-8b");
        var tensors = Shapes(map);
        var config = HfConfig.Parse(HfConfigFromArgs.Rebuild(new PickleDict(), tensors, "bare").Config, "rebuilt").Model;
        Assert.Equal((32, 8, 128, 36, 12288), (config.Heads, config.KvGroups, config.HeadDim, config.Layers, config.Ffn));
    }

    [Theory, Clause("CFG-5.2")]
    [InlineData("num_layers", 37L, "num_hidden_layers is 36 by the layers in the names, 37 by args.num_layers")]
    [InlineData("hidden_size", 4097L, "hidden_size is 4096 by axis 1 of embedding.word_embeddings.weight, 4097 by args.hidden_size")]
    [InlineData("num_attention_heads", 16L, "num_attention_heads")]
    [InlineData("num_query_groups", 16L, "num_key_value_heads is 8 by the rest of axis 0 of decoder.layers.self_attention.linear_qkv.weight over head_dim, 16 by args.num_query_groups")]
    [InlineData("kv_channels", 64L, "head_dim")]
    [InlineData("ffn_hidden_size", 1L, "12288 by half of axis 0")]
    [InlineData("vocab_size", 200000L, "vocab_size")]
    [InlineData("hf_model_type", "llama", "model_type is qwen3 by the rule that queries and keys are normalised, llama by args.hf_model_type")]
    [InlineData("untie_embeddings_and_output_weights", false, "tie_word_embeddings")]
    [InlineData("add_qkv_bias", true, "attention_bias")]
    public void AContradictionIsAnErrorWithBothSides(string name, object value, string says)
    {
        var error = Assert.Throws<MalformedCheckpointException>(() => Rebuild("qwen3-8b", name, value));
        Assert.Equal("CFG-5.2", error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CFG-5.2")]
    [InlineData("qwen3_moe-mixed", 1L)]
    [InlineData("qwen3_moe-mixed", 2L)]
    [InlineData("tiny-qwen3_moe", 2L)]
    public void LayersWithExpertsAreThoseTheArgumentsSay(string model, long every)
    {
        var error = Assert.Throws<MalformedCheckpointException>(() => Rebuild(model, "moe_layer_freq", every));
        Assert.Equal("CFG-5.2", error.Clause);
        Assert.Contains("by the names, ", error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CFG-5.1")]
    [InlineData("num_layers", "36", "args.num_layers is a string, allowed is an int")]
    [InlineData("num_layers", -1L, "args.num_layers is an int out of range")]
    [InlineData("num_layers", true, "args.num_layers is a bool")]
    [InlineData("swiglu", 1L, "args.swiglu is an int")]
    [InlineData("rotary_base", "1e6", "args.rotary_base is a string, allowed is a finite number")]
    [InlineData("rotary_base", double.NaN, "args.rotary_base is a float, allowed is a finite number")]
    [InlineData("normalization", 1L, "args.normalization is an int")]
    public void AnAttributeOfAnotherTypeIsRefused(string name, object value, string says)
    {
        var error = Assert.Throws<MalformedCheckpointException>(() => Rebuild("qwen3-8b", name, value));
        Assert.Equal("CFG-5.1", error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("CFG-5.1")]
    public void ScalingThatIsNoPlainDictIsRefused()
    {
        var list = new PickleList();
        list.Items.Add(list);
        foreach (PickleNode broken in new PickleNode[] { list, new PickleDict().Add("factor", new PickleFloat(double.NaN)), new PickleDict().Add("factor", list) })
        {
            var args = new PickleDict().Add("kv_channels", new PickleInt(128)).Add("rope_scaling", broken);
            Assert.Equal("CFG-5.1", Assert.Throws<MalformedCheckpointException>(() => HfConfigFromArgs.Rebuild(new PickleDict().Add("args", args), Shapes(TestModels.Map("qwen3-8b")), "common.pt")).Clause);
        }
    }

    [Fact]
    public void ScalingOfMegatronItselfHasItsFixedNumbers()
    {
        var args = new PickleDict().Add("use_rope_scaling", new PickleBool(true)).Add("rope_scaling_factor", new PickleFloat(32.0));
        var scaling = HfConfigFromArgs.Rebuild(new PickleDict().Add("args", args), Shapes(TestModels.Map("qwen3-8b")), "common.pt").Config["rope_scaling"]!;
        Assert.Equal("""{"factor":32,"high_freq_factor":4,"low_freq_factor":1,"original_max_position_embeddings":8192,"rope_type":"llama3"}""", scaling.ToJsonString());
    }

    [Fact, Clause("CFG-5.1")]
    public void ArgumentsThatAreNoNamespaceAreRefused()
    {
        var other = new PickleObject(PickleConstruction.Reduce, new PickleGlobal("os", "system"), PickleTuple.Empty);
        var error = Assert.Throws<MalformedCheckpointException>(() => HfConfigFromArgs.Rebuild(new PickleDict().Add("args", other), Shapes(TestModels.Map("qwen3-8b")), "common.pt"));
        Assert.Equal("CFG-5.1", error.Clause);
        Assert.Contains("an object of os.system", error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CFG-5.3")]
    [InlineData("embedding.word_embeddings.weight")]
    [InlineData("decoder.layers.self_attention.linear_qkv.weight")]
    [InlineData("decoder.layers.self_attention.linear_proj.weight")]
    public void ACheckpointWithoutWhatTellsSizesIsRefused(string name)
    {
        var tensors = Shapes(TestModels.Map("qwen3-8b"));
        Assert.True(tensors.Remove(name));
        Assert.Equal("CFG-5.3", Assert.Throws<MalformedCheckpointException>(() => HfConfigFromArgs.Rebuild(Common("qwen3-8b"), tensors, "checkpoint")).Clause);
    }

    [Fact, Clause("CFG-5.3")]
    public void ASizeThatNothingTellsIsNamed()
    {
        var error = Assert.Throws<MalformedCheckpointException>(() => HfConfigFromArgs.Rebuild(new PickleDict(), Shapes(TestModels.Map("tiny-llama")), "bare"));
        Assert.Equal("CFG-5.3", error.Clause);
        Assert.Contains("head_dim is told neither by args.kv_channels nor by the shape of any tensor", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("CFG-5.3")]
    public void ATensorWithOtherAxesIsRefused()
    {
        var tensors = Shapes(TestModels.Map("qwen3-8b"));
        tensors["decoder.layers.self_attention.linear_qkv.weight"] = new Shape(36);
        var error = Assert.Throws<MalformedCheckpointException>(() => HfConfigFromArgs.Rebuild(Common("qwen3-8b"), tensors, "checkpoint"));
        Assert.Equal("CFG-5.3", error.Clause);
        Assert.Contains("has 0 axes without that of the layers", error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CFG-5.4")]
    [InlineData("normalization", "LayerNorm", "args.normalization is LayerNorm")]
    [InlineData("swiglu", false, "args.swiglu is False")]
    [InlineData("multi_latent_attention", true, "multi_latent_attention")]
    public void AnotherKindOfModelIsUnsupported(string name, object value, string says)
    {
        var error = Assert.Throws<UnsupportedCheckpointException>(() => Rebuild("qwen3-8b", name, value));
        Assert.Equal("CFG-5.4", error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CFG-5.4")]
    [InlineData("qwen3-30b-a3b", "decoder.layers.mlp.shared_experts.linear_fc1.weight", false)]
    [InlineData("qwen3-30b-a3b", "decoder.layers.self_attention.q_layernorm.weight", true)]
    [InlineData("tiny-qwen3", "decoder.layers.self_attention.linear_proj.bias", false)]
    [InlineData("tiny-qwen3", "decoder.layers.mlp.linear_fc1.bias", false)]
    public void TensorsOfNoFamilyAreUnsupported(string model, string name, bool without)
    {
        var tensors = Shapes(TestModels.Map(model));
        if (without) { tensors.Remove(name); } else { tensors[name] = new Shape(TestModels.Read(model).Model.Layers, 64); }
        Assert.Equal("CFG-5.4", Assert.Throws<UnsupportedCheckpointException>(() => HfConfigFromArgs.Rebuild(Common(model), tensors, "checkpoint")).Clause);
    }

    [Theory, Clause("CFG-5.7")]
    [InlineData("tiny-gpt_oss", "a config of gpt_oss says how rotary embeddings are scaled")]
    [InlineData("tiny-gemma3_text", "a config of gemma3_text says which layers see only a window")]
    [InlineData("smollm3-defaults", "which layers have no rotary embedding")]
    [InlineData("minimax_m2-own-code", "which part of a head turns")]
    public void WhatNoArgumentTellsIsAskedFor(string model, string says)
    {
        var config = TestModels.Read(model);
        var error = Assert.Throws<UnsupportedCheckpointException>(() => HfConfigFromArgs.Rebuild(Common(model), Shapes(TestModels.Map(config)), "common.pt"));
        Assert.Equal("CFG-5.7", error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("--model or --hf_config", error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CFG-5.4")]
    [InlineData("tiny-glm4", "rotary_interleaved", false, "args.rotary_interleaved is False, in glm4 it is True")]
    [InlineData("tiny-glm4_moe", "moe_router_score_function", "softmax", "args.moe_router_score_function is softmax")]
    [InlineData("qwen3-8b", "rotary_percent", 0.5, "args.rotary_percent is 0.5, in qwen3 whole heads turn")]
    public void ArgumentsOfAnotherKindOfModelAreUnsupported(string model, string name, object value, string says)
    {
        var error = Assert.Throws<UnsupportedCheckpointException>(() => Rebuild(model, name, value));
        Assert.Equal("CFG-5.4", error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("CFG-5.4")]
    [InlineData("tiny-qwen2_moe", "qwen2_moe")]
    [InlineData("tiny-mixtral", "mixtral")]
    [InlineData("tiny-glm4", "glm4")]
    [InlineData("tiny-glm4_moe", "glm4_moe")]
    [InlineData("tiny-olmo2", "olmo2")]
    [InlineData("tiny-olmoe", "olmoe")]
    [InlineData("tiny-qwen3", "qwen3")]
    [InlineData("tiny-qwen2", "qwen2")]
    [InlineData("tiny-llama", "llama")]
    public void TensorsTellTheFamilyWhereArgumentsDoNot(string model, string family)
    {
        var common = Common(model);
        ((PickleObject)common.Find("args")!).Attributes!.Items.RemoveAll(item => item.Key is PickleString { Value: "hf_model_type" });
        Assert.Equal(family, HfConfigFromArgs.Rebuild(common, Shapes(TestModels.Map(model)), "common.pt").Config["model_type"]!.GetValue<string>());
    }

    [Fact, Clause("CFG-5.4")]
    public void DenseLayersInBetweenAreNothingAConfigOfGlm4MoeCanSay()
    {
        var config = TestModels.Read("tiny-glm4_moe");
        var map = BridgeCompiler.Compile(config.Family, config.Model with { MlpOnlyLayers = new HashSet<int> { 0, 2 } }, new BridgeOptions());
        var error = Assert.Throws<UnsupportedCheckpointException>(() => HfConfigFromArgs.Rebuild(WithoutFrequency("tiny-glm4_moe"), Shapes(map), "common.pt"));
        Assert.Equal("CFG-5.4", error.Clause);
        Assert.Contains("layers have experts as in 0 1 0 1", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("CFG-5.4")]
    public void SharedExpertsThatAreNoWholeNumberOfExpertsAreUnsupported()
    {
        var tensors = Shapes(TestModels.Map("tiny-glm4_moe"));
        foreach (var name in tensors.Keys.Where(name => name.EndsWith("shared_experts.linear_fc2.weight", StringComparison.Ordinal)).ToArray()) { tensors[name] = new Shape(64, 33); }
        var error = Assert.Throws<UnsupportedCheckpointException>(() => HfConfigFromArgs.Rebuild(Common("tiny-glm4_moe"), tensors, "common.pt"));
        Assert.Contains("is 33, which experts 32 wide cannot make", error.Message, StringComparison.Ordinal);
    }

    static PickleDict WithoutFrequency(string model)
    {
        var common = Common(model);
        ((PickleObject)common.Find("args")!).Attributes!.Items.RemoveAll(item => item.Key is PickleString { Value: "moe_layer_freq" });
        return common;
    }

    static RebuiltConfig Rebuild(string model, string name, object value)
    {
        var common = Common(model);
        ((PickleObject)common.Find("args")!).Attributes!.Add(name, value switch
        {
            long number => new PickleInt(number),
            bool flag => new PickleBool(flag),
            double number => new PickleFloat(number),
            var text => new PickleString((string)text),
        });
        return HfConfigFromArgs.Rebuild(common, Shapes(TestModels.Map(model)), "common.pt");
    }

    static PickleDict Common(string model) => MegatronCommonState.Build(TestModels.Read(model), new MegatronArgsOptions());

    static Dictionary<string, Shape> Shapes(Ckpt.Sharding.Maps.TensorMap map) => map.Right.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
}
