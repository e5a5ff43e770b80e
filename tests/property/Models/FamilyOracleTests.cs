using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>What sets a family apart from Llama, written out as transformers and Megatron-core compute it, beside what its map does.</summary>
public class FamilyOracleTests
{
    const int Hidden = 3, Heads = 4, Groups = 2, Dim = 2, Ffn = 5, Experts = 3, MoeFfn = 2, Shared = 4, Vocab = 7;

    [Fact, Clause("NAM-7.7")]
    public void ExpertsOfGptOssAreTurnedAndTheirColumnsDealtOut()
    {
        var (hf, megatron) = Run("gpt_oss", Config("gpt_oss") with { AttentionBias = true, OutputBias = true });
        var (gateUp, down) = (hf["model.layers.0.mlp.experts.gate_up_proj"], hf["model.layers.0.mlp.experts.down_proj"]);
        var (fc1, fc2) = (megatron["decoder.layers.mlp.experts.experts.linear_fc1.weight"], megatron["decoder.layers.mlp.experts.experts.linear_fc2.weight"]);
        for (var expert = 0; expert < Experts; expert++)
        {
            for (var row = 0; row < MoeFfn; row++)
            {
                for (var h = 0; h < Hidden; h++)
                {
                    Assert.Equal(gateUp[(((expert * Hidden) + h) * 2 * MoeFfn) + (2 * row)], fc1[(((expert * 2 * MoeFfn) + row) * Hidden) + h]);
                    Assert.Equal(gateUp[(((expert * Hidden) + h) * 2 * MoeFfn) + (2 * row) + 1], fc1[(((expert * 2 * MoeFfn) + MoeFfn + row) * Hidden) + h]);
                    Assert.Equal(down[(((expert * MoeFfn) + row) * Hidden) + h], fc2[(((expert * Hidden) + h) * MoeFfn) + row]);
                }
                Assert.Equal(hf["model.layers.0.mlp.experts.gate_up_proj_bias"][(expert * 2 * MoeFfn) + (2 * row) + 1], megatron["decoder.layers.mlp.experts.experts.linear_fc1.bias"][(expert * 2 * MoeFfn) + MoeFfn + row]);
            }
        }
        Assert.Equal(hf["model.layers.0.mlp.experts.down_proj_bias"], megatron["decoder.layers.mlp.experts.experts.linear_fc2.bias"]);
        Assert.Equal(hf["model.layers.0.mlp.router.bias"], megatron["decoder.layers.mlp.router.bias"]);
        Assert.Equal(hf["model.layers.0.self_attn.sinks"], megatron["decoder.layers.self_attention.core_attention.softmax_offset"]);
    }

    [Fact, Clause("NAM-7.7"), Clause("NAM-7.9")]
    public void ExpertsOfLlama4AreTurnedHalfByHalf()
    {
        var (hf, megatron) = Run("llama4_text", Config("llama4_text"));
        var (gateUp, fc1) = (hf["model.layers.0.feed_forward.experts.gate_up_proj"], megatron["decoder.layers.mlp.experts.experts.linear_fc1.weight"]);
        for (var (i, size) = (0, 2 * MoeFfn); i < fc1.Length; i++)
        {
            var (expert, row, h) = (i / (size * Hidden), i / Hidden % size, i % Hidden);
            Assert.Equal(gateUp[(((expert * Hidden) + h) * size) + row], fc1[i]);
        }
        Assert.Equal(
            [.. hf["model.layers.0.feed_forward.shared_expert.gate_proj.weight"], .. hf["model.layers.0.feed_forward.shared_expert.up_proj.weight"]],
            megatron["decoder.layers.mlp.shared_experts.linear_fc1.weight"]);
    }

    [Fact, Clause("NAM-7.6")]
    public void FusedProjectionsAreCutIntoWhatTheyWereMadeOf()
    {
        var (hf, megatron) = Run("phi3", Config("phi3"));
        var fused = hf["model.layers.0.self_attn.qkv_proj.weight"];
        const int D = Dim * Hidden;
        int[] byGroup = [.. Rows(0, 2), .. Rows(Heads, 1), .. Rows(Heads + Groups, 1), .. Rows(2, 2), .. Rows(Heads + 1, 1), .. Rows(Heads + Groups + 1, 1)];
        Assert.Equal(byGroup, megatron["decoder.layers.self_attention.linear_qkv.weight"]);
        Assert.Equal(hf["model.layers.0.mlp.gate_up_proj.weight"], megatron["decoder.layers.mlp.linear_fc1.weight"]);

        int[] Rows(int head, int heads) => fused[(head * D)..((head + heads) * D)];
    }

    /// <summary>mcore-bridge reads glm4's fused tensor and writes two that its class does not have.</summary>
    [Fact, Clause("NAM-7.6")]
    public void Glm4IsWrittenAsItsClassHasIt()
    {
        var names = Map("glm4", Config("glm4")).Left.Tensors.Select(tensor => tensor.Name).ToArray();
        Assert.Contains("model.layers.0.mlp.gate_up_proj.weight", names);
        Assert.DoesNotContain(names, name => name.Contains("gate_proj", StringComparison.Ordinal) || name.Contains(".up_proj", StringComparison.Ordinal));
    }

    /// <summary>mcore-bridge's OLMo classes lay heads out one after another and export one group's rows only; here none is lost in either order.</summary>
    [Theory, Clause("NAM-7.5"), Clause("NAM-7.4")]
    [InlineData("olmoe", "by group")]
    [InlineData("olmoe", "one after another")]
    [InlineData("olmo2", "by group")]
    [InlineData("olmo2", "one after another")]
    public void HeadsOfOlmoAreAllThereInTheOrderAskedFor(string family, string order)
    {
        var config = Config(family) with { KvGroups = Heads, QkNorm = true };
        var (hf, megatron) = Run(family, config, new BridgeOptions { Choices = new Dictionary<string, string> { ["qkv order"] = order } });
        var (q, k, v) = (At("q_proj"), At("k_proj"), At("v_proj"));
        var expected = order == "by group" ? Enumerable.Range(0, Heads).SelectMany(head => Head(q, head).Concat(Head(k, head)).Concat(Head(v, head))) : q.Concat(k).Concat(v);
        Assert.Equal(expected, megatron["decoder.layers.self_attention.linear_qkv.weight"]);
        Assert.Equal(hf["model.layers.0.self_attn.q_norm.weight"], megatron["decoder.layers.self_attention.q_layernorm.weight"]);
        Assert.Equal(Heads * Dim, hf["model.layers.0.self_attn.k_norm.weight"].Length);

        int[] At(string name) => hf[$"model.layers.0.self_attn.{name}.weight"];
        int[] Head(int[] all, int head) => all[(head * Dim * Hidden)..((head + 1) * Dim * Hidden)];
    }

    [Theory, Clause("NAM-7.2"), Clause("NAM-7.3")]
    [InlineData("glm4", null, "self_attention.post_self_attn_layernorm", "mlp.post_mlp_layernorm", "post_self_attn_layernorm", "post_mlp_layernorm", "post_attention_layernorm")]
    [InlineData("gemma2", null, "self_attention.linear_proj.post_layernorm", "mlp.linear_fc2.post_layernorm", "post_attention_layernorm", "post_feedforward_layernorm", "pre_feedforward_layernorm")]
    [InlineData("gemma3_text", "Megatron-core", "post_self_attn_layernorm", "post_mlp_layernorm", "post_attention_layernorm", "post_feedforward_layernorm", "pre_feedforward_layernorm")]
    [InlineData("gemma2", "MindSpeed-LLM", "post_attn_norm", "post_mlp_layernorm", "post_attention_layernorm", "post_feedforward_layernorm", "pre_feedforward_layernorm")]
    [InlineData("glm4", "Megatron-Bridge", "self_attention.linear_proj.post_layernorm", "mlp.linear_fc2.post_layernorm", "post_self_attn_layernorm", "post_mlp_layernorm", "post_attention_layernorm")]
    public void NormsBehindLayersAreWhereTheirProducerHasThem(string family, string? producer, string attention, string feedForward, string hfAttention, string hfFeedForward, string hfBefore)
    {
        var choices = new Dictionary<string, string>();
        if (producer is not null) { choices.Add("post norms", producer); }
        var (hf, megatron) = Run(family, Config(family), new BridgeOptions { Choices = choices });
        Assert.Equal(hf[$"model.layers.0.{hfAttention}.weight"], megatron[$"decoder.layers.{attention}.weight"]);
        Assert.Equal(hf[$"model.layers.0.{hfFeedForward}.weight"], megatron[$"decoder.layers.{feedForward}.weight"]);
        Assert.Equal(hf[$"model.layers.0.{hfBefore}.weight"], megatron["decoder.layers.mlp.linear_fc1.layer_norm_weight"]);
    }

    [Theory, Clause("NAM-7.9")]
    [InlineData("qwen2_moe", "shared_expert")]
    [InlineData("deepseek", "shared_experts")]
    [InlineData("glm4_moe", "shared_experts")]
    [InlineData("dots1", "shared_experts")]
    [InlineData("ernie4_5_moe", "shared_experts")]
    public void SharedExpertsAreOneWideExpert(string family, string word)
    {
        var (hf, megatron) = Run(family, Config(family));
        Assert.Equal(
            [.. hf[$"model.layers.0.mlp.{word}.gate_proj.weight"], .. hf[$"model.layers.0.mlp.{word}.up_proj.weight"]], megatron["decoder.layers.mlp.shared_experts.linear_fc1.weight"]);
        Assert.Equal(hf[$"model.layers.0.mlp.{word}.down_proj.weight"], megatron["decoder.layers.mlp.shared_experts.linear_fc2.weight"]);
        Assert.Equal(family == "qwen2_moe", megatron.ContainsKey("decoder.layers.mlp.shared_experts.gate_weight"));
        if (family == "qwen2_moe") { Assert.Equal(hf["model.layers.0.mlp.shared_expert_gate.weight"], megatron["decoder.layers.mlp.shared_experts.gate_weight"]); }
    }

    [Theory, Clause("NAM-7.10")]
    [InlineData("mixtral", "mlp.gate.weight")]
    [InlineData("minimax_m2", "mlp.gate.weight")]
    [InlineData("phimoe", "mlp.router.weight")]
    public void BothGenerationsOfNamesAreTheSameNumbers(string family, string router)
    {
        var (hf, megatron) = Run(family, Config(family));
        Assert.Equal(
            Enumerable.Range(0, Experts).SelectMany(e => hf[$"model.layers.0.block_sparse_moe.experts.{e}.w1.weight"].Concat(hf[$"model.layers.0.block_sparse_moe.experts.{e}.w3.weight"])),
            megatron["decoder.layers.mlp.experts.experts.linear_fc1.weight"]);
        Assert.Equal(Enumerable.Range(0, Experts).SelectMany(e => hf[$"model.layers.0.block_sparse_moe.experts.{e}.w2.weight"]), megatron["decoder.layers.mlp.experts.experts.linear_fc2.weight"]);
        Assert.Equal(hf["model.layers.0.block_sparse_moe.gate.weight"], megatron["decoder.layers.mlp.router.weight"]);
        var (fused, same) = Run(family, Config(family), new BridgeOptions { Choices = new Dictionary<string, string> { ["experts"] = "fused" } });
        Assert.Equal(fused["model.layers.0.mlp.experts.gate_up_proj"], same["decoder.layers.mlp.experts.experts.linear_fc1.weight"]);
        Assert.Equal(fused[$"model.layers.0.{router}"], same["decoder.layers.mlp.router.weight"]);
    }

    [Fact, Clause("NAM-7.4")]
    public void WideNormsOfMiniMaxKeepTheirName()
    {
        var (hf, megatron) = Run("minimax_m2", Config("minimax_m2") with { QkNorm = true });
        Assert.Equal(hf["model.layers.0.self_attn.q_norm.weight"], megatron["decoder.layers.self_attention.q_norm.weight"]);
        Assert.Equal((Heads * Dim, Groups * Dim), (megatron["decoder.layers.self_attention.q_norm.weight"].Length, megatron["decoder.layers.self_attention.k_norm.weight"].Length));
    }

    [Fact, Clause("NAM-7.11")]
    public void TheOutputLayersBiasIsPaddedLikeItsWeight()
    {
        var config = Config("phimoe") with { HeadBias = true };
        var (hf, megatron) = Run("phimoe", config, new BridgeOptions { PaddedVocab = Vocab + 2 });
        Assert.Equal([.. hf["lm_head.bias"], 0, 0], megatron["output_layer.bias"]);
        Assert.Equal([.. hf["lm_head.weight"], .. new int[2 * Hidden]], megatron["output_layer.weight"]);
        Assert.Equal(hf["model.norm.bias"], megatron["decoder.final_layernorm.bias"]);
        Assert.Equal(hf["model.layers.0.input_layernorm.bias"], megatron["decoder.layers.self_attention.linear_qkv.layer_norm_bias"]);
        Assert.Equal(hf["model.layers.0.post_attention_layernorm.bias"], megatron["decoder.layers.pre_mlp_layernorm.bias"]);
    }

    [Theory, Clause("NAM-7.8"), Clause("SHD-2.14")]
    [InlineData("gpt_oss", "decoder.layers.self_attention.core_attention.softmax_offset", null)]
    [InlineData("gpt_oss", "decoder.layers.self_attention.core_attention.softmax_offset", DType.F16)]
    [InlineData("glm4_moe", "decoder.layers.mlp.router.expert_bias", DType.BF16)]
    [InlineData("dots1", "decoder.layers.mlp.router.expert_bias", null)]
    [InlineData("ernie4_5_moe", "decoder.layers.mlp.router.expert_bias", null)]
    [InlineData("minimax_m2", "decoder.layers.mlp.router.expert_bias", null)]
    public void MegatronHoldsThemInFloat32(string family, string name, DType? cast)
    {
        var map = Map(family, Config(family));
        var types = TargetMaker.Make(Stored(map.Left, static _ => DType.BF16), map, cast, cutLeadingAxes: true).ToDictionary(target => target.Name, target => target.DType);
        Assert.Equal(DType.F32, types[name]);
        Assert.All(types.Where(type => type.Key != name), type => Assert.Equal(cast ?? DType.BF16, type.Value));
    }

    [Theory, Clause("NAM-7.8"), Clause("SHD-2.14")]
    [InlineData("gpt_oss", "model.layers.0.self_attn.sinks", null, DType.BF16)]
    [InlineData("gpt_oss", "model.layers.0.self_attn.sinks", DType.F16, DType.F16)]
    [InlineData("glm4_moe", "model.layers.0.mlp.gate.e_score_correction_bias", null, DType.F32)]
    [InlineData("glm4_moe", "model.layers.0.mlp.gate.e_score_correction_bias", DType.BF16, DType.F32)]
    public void OnTheWayBackSinksFollowTheWeightsAndBalancesStayExact(string family, string name, DType? cast, DType expected)
    {
        var map = Map(family, Config(family)).Reverse();
        var source = Stored(map.Left, static tensor => tensor.HeldAs == HeldAs.Single ? DType.F32 : DType.BF16);
        Assert.Equal(expected, TargetMaker.Make(source, map, cast, cutLeadingAxes: false).Single(target => target.Name == name).DType);
    }

    static List<TensorInfo> Stored(MapSide side, Func<MappedTensor, DType> type)
    {
        var memory = new MemoryCheckpoint();
        foreach (var tensor in side.Tensors) { memory.Add(tensor.Name, type(tensor), tensor.StoredShape, new byte[type(tensor).ByteLength(tensor.StoredShape.Count)]); }
        return [.. memory.Tensors];
    }

    static (Dictionary<string, int[]> Hf, Dictionary<string, int[]> Megatron) Run(string family, ModelConfig config, BridgeOptions? options = null)
    {
        var map = Map(family, config, options);
        var hf = Elements.Numbered(map.Left);
        return (hf, Elements.Apply(map, hf));
    }

    static TensorMap Map(string family, ModelConfig config, BridgeOptions? options = null) => BridgeCompiler.Compile(FamilyCatalog.Find(family), config, options ?? new BridgeOptions());

    static ModelConfig Config(string type)
    {
        var moe = FamilyCatalog.Find(type).Config.Moe is not null;
        return new ModelConfig
        {
            ModelType = type,
            Layers = 1,
            Hidden = Hidden,
            Heads = Heads,
            KvGroups = Groups,
            HeadDim = Dim,
            Ffn = Ffn,
            Experts = moe ? Experts : 0,
            TopK = moe ? 1 : 0,
            MoeFfn = moe ? MoeFfn : 0,
            SharedFfn = moe ? Shared : 0,
            VocabSize = Vocab,
        };
    }
}
