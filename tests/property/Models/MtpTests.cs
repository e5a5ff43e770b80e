using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Sharding.Maps;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Layers that predict further tokens: how they are named, and that they never go unsaid.</summary>
public class MtpTests
{
    /// <summary>Names as mcore-bridge has them, Hugging Face's beside Megatron's.</summary>
    [Theory, Clause("NAM-11.1")]
    [InlineData("deepseek_v3", "model.layers.2.enorm.weight", "mtp.layers.0.enorm.weight")]
    [InlineData("deepseek_v3", "model.layers.3.hnorm.weight", "mtp.layers.1.hnorm.weight")]
    [InlineData("deepseek_v3", "model.layers.2.eh_proj.weight", "mtp.layers.0.eh_proj.weight")]
    [InlineData("deepseek_v3", "model.layers.3.shared_head.norm.weight", "mtp.layers.1.final_layernorm.weight")]
    [InlineData("deepseek_v3", "model.layers.2.self_attn.kv_b_proj.weight", "mtp.layers.0.transformer_layer.self_attention.linear_kv_up_proj.weight")]
    [InlineData("deepseek_v3", "model.layers.2.mlp.experts.1.down_proj.weight", "mtp.layers.0.transformer_layer.mlp.experts.experts.linear_fc2.weight")]
    [InlineData("glm4_moe", "model.layers.2.self_attn.k_proj.bias", "mtp.layers.0.transformer_layer.self_attention.linear_qkv.bias")]
    [InlineData("glm4v_moe", "model.language_model.layers.2.enorm.weight", "language_model.mtp.layers.0.enorm.weight")]
    [InlineData("mimo", "model.mtp_layers.1.token_layernorm.weight", "mtp.layers.1.enorm.weight")]
    [InlineData("mimo", "model.mtp_layers.0.hidden_layernorm.weight", "mtp.layers.0.hnorm.weight")]
    [InlineData("mimo", "model.mtp_layers.0.self_attn.q_proj.weight", "mtp.layers.0.transformer_layer.self_attention.linear_qkv.weight")]
    [InlineData("qwen3_next", "mtp.pre_fc_norm_embedding.weight", "mtp.layers.0.enorm.weight")]
    [InlineData("qwen3_next", "mtp.pre_fc_norm_hidden.weight", "mtp.layers.0.hnorm.weight")]
    [InlineData("qwen3_next", "mtp.fc.weight", "mtp.layers.0.eh_proj.weight")]
    [InlineData("qwen3_next", "mtp.norm.weight", "mtp.layers.0.final_layernorm.weight")]
    [InlineData("qwen3_next", "mtp.layers.0.self_attn.q_proj.weight", "mtp.layers.0.transformer_layer.self_attention.linear_qkv.weight")]
    [InlineData("qwen3_5", "mtp.fc.weight", "language_model.mtp.layers.0.eh_proj.weight")]
    public void EachFamilyNamesThemItsWay(string family, string hf, string megatron)
    {
        var map = Map(family, Layers(family));
        Assert.Contains(map.Links, link => map.Left.Tensors[link.Left].Name == hf && map.Right.Tensors[link.Right].Name == megatron);
    }

    /// <summary>MiMo's projection has the hidden state in front of the embedding, Megatron's behind.</summary>
    [Fact, Clause("NAM-11.1")]
    public void TheHalvesOfMiMosProjectionChangePlaces()
    {
        var map = Map("mimo", 1);
        var hf = Elements.Numbered(map.Left);
        var (there, here) = (hf["model.mtp_layers.0.input_proj.weight"], Elements.Apply(map, hf)["mtp.layers.0.eh_proj.weight"]);
        for (var row = 0; row < Hidden; row++)
        {
            var start = row * 2 * Hidden;
            Assert.Equal([.. there[(start + Hidden)..(start + (2 * Hidden))], .. there[start..(start + Hidden)]], here[start..(start + (2 * Hidden))]);
        }
    }

    [Theory, Clause("NAM-11.2")]
    [InlineData("deepseek_v3", null, "model.layers.2.enorm.weight")]
    [InlineData("deepseek_v3", 1, "model.layers.2.enorm.weight")]
    [InlineData("mimo", null, "model.mtp_layers.0.token_layernorm.weight")]
    public void WhatTheConfigSaysMustBeThere(string family, int? asked, string next)
    {
        foreach (var options in Reads(Map(family, 0)))
        {
            var error = Assert.Throws<MalformedCheckpointException>(() => Compile(family, 1, options with { MtpLayers = asked }));
            Assert.Equal("NAM-11.2", error.Clause);
            Assert.Contains(next, error.Message, StringComparison.Ordinal);
            Assert.Contains("mtp.layers.0.enorm.weight", error.Message, StringComparison.Ordinal);
            Assert.Contains("--mtp_num_layers 0", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory, Clause("NAM-11.3")]
    [InlineData("deepseek_v3", 0)]
    [InlineData("glm4_moe", null)]
    [InlineData("qwen3_5", 0)]
    public void WhatIsThereMustBeSaid(string family, int? said)
    {
        foreach (var options in Reads(Map(family, 1)))
        {
            var error = Assert.Throws<MalformedCheckpointException>(() => Compile(family, said, options));
            Assert.Equal("NAM-11.3", error.Clause);
            Assert.Contains("--mtp_num_layers 1", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Qwen3-Next's config has no key for them.</summary>
    [Fact, Clause("NAM-11.3")]
    public void WhereNoKeySaysTheNamesDo() => Assert.All(Reads(Map("qwen3_next", 1)), options =>
        Assert.Contains(Compile("qwen3_next", null, options).Right.Tensors, tensor => tensor.Name == "mtp.layers.0.eh_proj.weight"));

    [Theory, Clause("NAM-11.4")]
    [InlineData("deepseek_v3", 3, 0)]
    [InlineData("deepseek_v3", 3, 1)]
    [InlineData("mimo", 2, 1)]
    [InlineData("qwen3_next", 1, 0)]
    [InlineData("glm4v_moe", 2, 0)]
    public void FewerAreTakenWhenAskedForAndTheRestDroppedByARule(string family, int there, int asked)
    {
        var full = Map(family, there);
        foreach (var options in Reads(full))
        {
            var map = Compile(family, there, options with { MtpLayers = asked });
            var side = options.HfTensors is null ? map.Right : map.Left;
            var all = (options.HfTensors is null ? full.Right : full.Left).Tensors.Select(tensor => tensor.Name);
            var kept = side.Tensors.Select(tensor => tensor.Name).ToHashSet();
            Assert.All(all, name => Assert.True(kept.Contains(name) != side.Drops.Any(drop => drop.Names.IsMatch(name)), name));
            // The tower's one tensor besides.
            Assert.Equal(Map(family, asked).Links.Count, map.Links.Count(link => !map.Right.Tensors[link.Right].Name.StartsWith("visual.", StringComparison.Ordinal)));
        }
    }

    [Fact, Clause("NAM-11.5")]
    public void MoreThanFilesCanHoldAreRefused()
    {
        Assert.Equal("NAM-11.5", Assert.Throws<LayoutException>(() => Compile("qwen3_next", 2, new BridgeOptions())).Clause);
        Assert.Equal("NAM-11.5", Assert.Throws<LayoutException>(() => Compile("llama", null, new BridgeOptions { MtpLayers = 1 })).Clause);
        Assert.DoesNotContain(Compile("llama", null, new BridgeOptions { MtpLayers = 0 }).Left.Tensors, tensor => tensor.Name.Contains("mtp", StringComparison.Ordinal));
    }

    [Fact, Clause("NAM-11.6")]
    public void RepeatedTensorsAreComparedWhereReadAndWrittenAsTheyWere()
    {
        string[] copies = ["model.layers.2.embed_tokens.weight", "model.layers.2.shared_head.head.weight"];
        var map = Map("deepseek_v3", 1);
        Assert.Equal([(copies[0], "model.embed_tokens.weight"), (copies[1], "lm_head.weight")], map.Left.Aliases.Select(alias => (alias.Name, map.Left.Tensors[alias.Of].Name)));
        Assert.Equal(copies, Written(new BridgeOptions()));
        // As files had them: here without the output layer's copy, and here without either.
        Assert.Equal(copies[..1], Written(Noted([.. map.Left.Tensors.Select(tensor => tensor.Name), copies[0]])));
        Assert.Empty(Written(Noted([.. map.Left.Tensors.Select(tensor => tensor.Name)])));

        string[] Written(BridgeOptions options)
        {
            var back = WrittenAliases.Add(Compile("deepseek_v3", 1, options).Reverse());
            var made = Elements.Apply(back, Elements.Numbered(back.Left));
            Assert.All(back.Right.Tensors.Skip(map.Left.Tensors.Count), copy => Assert.Equal(made[copy.Name.Contains("embed", StringComparison.Ordinal) ? "model.embed_tokens.weight" : "lm_head.weight"], made[copy.Name]));
            return [.. back.Right.Tensors.Skip(map.Left.Tensors.Count).Select(tensor => tensor.Name)];
        }

        BridgeOptions Noted(string[] names) => new()
        {
            Choices = BridgeCompiler.HfChoices(FamilyCatalog.Find("deepseek_v3"), Config("deepseek_v3", 1), new BridgeOptions { HfHas = names.ToHashSet().Contains }),
        };
    }

    [Fact, Clause("NAM-11.6")]
    public void ATiedModelRepeatsTheEmbeddingTwice()
    {
        var map = BridgeCompiler.Compile(FamilyCatalog.Find("glm4_moe"), Config("glm4_moe", 1) with { TieWordEmbeddings = true }, new BridgeOptions());
        Assert.All(map.Left.Aliases, alias => Assert.Equal("model.embed_tokens.weight", map.Left.Tensors[alias.Of].Name));
        Assert.Equal(["lm_head.weight", "model.layers.2.embed_tokens.weight", "model.layers.2.shared_head.head.weight"], map.Left.Aliases.Select(alias => alias.Name));
    }

    const int Hidden = 3;

    static int Layers(string family) => Math.Min(2, FamilyCatalog.Find(family).MostMtpLayers);

    // What is seen of a checkpoint that has a side of the map.
    static IEnumerable<BridgeOptions> Reads(TensorMap map)
    {
        var towers = map.Left.Tensors[0].Name.Contains("language_model", StringComparison.Ordinal);
        yield return new BridgeOptions
        {
            HfTensors = [.. map.Left.Tensors.Append(towers ? new MappedTensor("model.visual.x", new Shape(1)) : map.Left.Tensors[0]).DistinctBy(tensor => tensor.Name).Select(tensor => new TensorInfo(tensor.Name, DType.BF16, tensor.StoredShape, []))],
        };
        yield return new BridgeOptions
        {
            MegatronTensors = map.Right.Tensors.Append(towers ? new MappedTensor("visual.visual.x", new Shape(1)) : map.Right.Tensors[0]).DistinctBy(tensor => tensor.Name).ToDictionary(tensor => tensor.Name, tensor => tensor.StoredShape),
            MegatronPrefix = towers ? "language_model." : "",
            Choices = new Dictionary<string, string> { ["dialect"] = "mcore-bridge" },
        };
    }

    static TensorMap Map(string family, int layers) => Compile(family, layers, new BridgeOptions());

    static TensorMap Compile(string family, int? said, BridgeOptions options) => BridgeCompiler.Compile(FamilyCatalog.Find(family), Config(family, said), options);

    internal static ModelConfig Config(string name, int? mtp)
    {
        var rules = FamilyCatalog.Find(name).Config;
        return new ModelConfig
        {
            ModelType = name,
            Layers = 2,
            Hidden = Hidden,
            Heads = 2,
            KvGroups = rules.IsMla ? 2 : 1,
            HeadDim = 2,
            Ffn = 3,
            VocabSize = 5,
            AttentionBias = rules.AttentionBias.Default || name == "glm4_moe",
            Experts = rules.Moe is null ? 0 : 2,
            MoeFfn = rules.Moe is null ? 0 : 2,
            SharedFfn = rules.Moe is null ? 0 : 2,
            MlpOnlyLayers = rules.IsMla ? new HashSet<int> { 0 } : new HashSet<int>(),
            Mla = rules.IsMla ? new MlaConfig(3, 2, 2, 1, 2) : null,
            DeltaNet = rules.HasDeltaNets ? new DeltaNetConfig(2, 4, 2, 3, 4, new HashSet<int> { 0 }) : null,
            MtpLayers = mtp,
        };
    }
}
