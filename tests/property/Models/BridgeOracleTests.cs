using System.Globalization;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>The reference's own formulas, written out: reshape by groups, concatenate, stack; beside what the map does to the same numbers.</summary>
public class BridgeOracleTests
{
    const int Layers = 2, Hidden = 3, Heads = 6, Groups = 2, Dim = 4, Ffn = 5, Experts = 3, MoeFfn = 2, Vocab = 7, Padded = 8;

    [Theory, Clause("NAM-1.1"), Clause("NAM-1.2"), Clause("NAM-1.3"), Clause("NAM-2.1")]
    [InlineData(KeyForm.Stacked)]
    [InlineData(KeyForm.PerLayer)]
    public void ADenseModelIsConcatenatedByGroups(KeyForm form)
    {
        var config = Config("llama") with { AttentionBias = true, OutputBias = true, MlpBias = true };
        var map = BridgeCompiler.Compile(FamilyCatalog.Find("llama"), config, new BridgeOptions { KeyForm = form, PaddedVocab = Padded });
        var hf = Elements.Numbered(map.Left);
        var megatron = Elements.Apply(map, hf);
        for (var layer = 0; layer < Layers; layer++)
        {
            Holds("self_attention.linear_qkv.weight", Qkv(At("self_attn.q_proj.weight"), At("self_attn.k_proj.weight"), At("self_attn.v_proj.weight"), Hidden));
            Holds("self_attention.linear_qkv.bias", Qkv(At("self_attn.q_proj.bias"), At("self_attn.k_proj.bias"), At("self_attn.v_proj.bias"), 1));
            Holds("mlp.linear_fc1.weight", [.. At("mlp.gate_proj.weight"), .. At("mlp.up_proj.weight")]);
            Holds("mlp.linear_fc1.bias", [.. At("mlp.gate_proj.bias"), .. At("mlp.up_proj.bias")]);
            Holds("mlp.linear_fc2.weight", At("mlp.down_proj.weight"));
            Holds("mlp.linear_fc2.bias", At("mlp.down_proj.bias"));
            Holds("mlp.linear_fc1.layer_norm_weight", At("post_attention_layernorm.weight"));
            Holds("self_attention.linear_qkv.layer_norm_weight", At("input_layernorm.weight"));
            Holds("self_attention.linear_proj.weight", At("self_attn.o_proj.weight"));
            Holds("self_attention.linear_proj.bias", At("self_attn.o_proj.bias"));

            int[] At(string name) => hf[$"model.layers.{layer}.{name}"];
            void Holds(string name, int[] expected) => Assert.Equal(expected, Layer(megatron, name, layer, form));
        }
        Assert.Equal([.. hf["model.embed_tokens.weight"], .. new int[Hidden * (Padded - Vocab)]], megatron["embedding.word_embeddings.weight"]);
        Assert.Equal([.. hf["lm_head.weight"], .. new int[Hidden * (Padded - Vocab)]], megatron["output_layer.weight"]);
        Assert.Equal(hf["model.norm.weight"], megatron["decoder.final_layernorm.weight"]);
    }

    [Theory, Clause("NAM-1.5"), Clause("NAM-1.7")]
    [InlineData("per expert", KeyForm.Stacked)]
    [InlineData("per expert", KeyForm.PerLayer)]
    [InlineData("fused", KeyForm.Stacked)]
    [InlineData("fused", KeyForm.PerLayer)]
    public void ExpertsAreStacked(string experts, KeyForm form)
    {
        var config = Config("qwen3_moe") with { Experts = Experts, TopK = 1, MoeFfn = MoeFfn, QkNorm = true };
        var map = BridgeCompiler.Compile(FamilyCatalog.Find("qwen3_moe"), config, new BridgeOptions { KeyForm = form, Choices = new Dictionary<string, string> { ["experts"] = experts } });
        var hf = Elements.Numbered(map.Left);
        var megatron = Elements.Apply(map, hf);
        for (var layer = 0; layer < Layers; layer++)
        {
            var mlp = $"model.layers.{layer}.mlp.experts";
            int[] fc1 = experts == "fused" ? hf[$"{mlp}.gate_up_proj"] : [.. Enumerable.Range(0, Experts).SelectMany(e => hf[$"{mlp}.{e}.gate_proj.weight"].Concat(hf[$"{mlp}.{e}.up_proj.weight"]))];
            int[] fc2 = experts == "fused" ? hf[$"{mlp}.down_proj"] : [.. Enumerable.Range(0, Experts).SelectMany(e => hf[$"{mlp}.{e}.down_proj.weight"])];
            Assert.Equal(fc1, Layer(megatron, "mlp.experts.experts.linear_fc1.weight", layer, form));
            Assert.Equal(fc2, Layer(megatron, "mlp.experts.experts.linear_fc2.weight", layer, form));
            Assert.Equal(hf[$"model.layers.{layer}.mlp.gate.weight"], Layer(megatron, "mlp.router.weight", layer, form));
            Assert.Equal(hf[$"model.layers.{layer}.post_attention_layernorm.weight"], Layer(megatron, "pre_mlp_layernorm.weight", layer, form));
            Assert.Equal(hf[$"model.layers.{layer}.self_attn.q_norm.weight"], Layer(megatron, "self_attention.q_layernorm.weight", layer, form));
            Assert.Equal(hf[$"model.layers.{layer}.self_attn.k_norm.weight"], Layer(megatron, "self_attention.k_layernorm.weight", layer, form));
        }
    }

    // q.reshape(G, q_rows, h), k.reshape(G, d, h), v.reshape(G, d, h), concatenated on dim 1.
    static int[] Qkv(int[] q, int[] k, int[] v, int width)
    {
        var (queryRows, result) = (Heads / Groups * Dim, new List<int>());
        for (var group = 0; group < Groups; group++)
        {
            result.AddRange(q[(group * queryRows * width)..((group + 1) * queryRows * width)]);
            result.AddRange(k[(group * Dim * width)..((group + 1) * Dim * width)]);
            result.AddRange(v[(group * Dim * width)..((group + 1) * Dim * width)]);
        }
        return [.. result];
    }

    static int[] Layer(Dictionary<string, int[]> megatron, string name, int layer, KeyForm form)
    {
        if (form == KeyForm.PerLayer) { return megatron[string.Create(CultureInfo.InvariantCulture, $"decoder.layers.{layer}.{name}")]; }
        var all = megatron[$"decoder.layers.{name}"];
        return all[(layer * all.Length / Layers)..((layer + 1) * all.Length / Layers)];
    }

    static ModelConfig Config(string type) => new()
    {
        ModelType = type,
        Layers = Layers,
        Hidden = Hidden,
        Heads = Heads,
        KvGroups = Groups,
        HeadDim = Dim,
        Ffn = Ffn,
        VocabSize = Vocab,
    };
}
