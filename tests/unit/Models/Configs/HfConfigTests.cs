using System.Text;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Configs;
using Xunit;

namespace Ckpt.UnitTests.Models.Configs;

public class HfConfigTests
{
    const string Sizes = """ "model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 11""";

    [Theory, Clause("CFG-3.4")]
    [InlineData("{\"torch_dtype\": \"float32\"," + Sizes + "}", "torch_dtype", 0)]
    [InlineData("{\"a\": 1, \"dtype\": \"float32\"," + Sizes + "}", "dtype", 1)]
    [InlineData("{" + Sizes + "}", "torch_dtype", 6)]
    [InlineData("{\"rope_parameters\": {}," + Sizes + "}", "dtype", 7)]
    public void ANewElementTypeReplacesTheOldInItsPlace(string text, string key, int place)
    {
        var before = HfConfig.Parse(Encoding.UTF8.GetBytes(text), "config.json");
        var after = before.WithDType(DType.BF16);
        Assert.Equal(DType.BF16, after.Model.TorchDType);
        Assert.Equal(key, after.Json.ElementAt(place).Key);
        Assert.Equal("bfloat16", after.Json.ElementAt(place).Value!.GetValue<string>());
        Assert.Equal(DType.BF16, HfConfig.Parse(after.ToUtf8(), "written").Model.TorchDType);
        var others = after.Json;
        var same = before.Json;
        others.Remove(key);
        same.Remove(key);
        Assert.Equal(same.ToJsonString(), others.ToJsonString());
    }

    [Fact, Clause("CFG-3.4")]
    public void BothKeysFollowWhereBothAreThere()
    {
        var config = HfConfig.Parse(Encoding.UTF8.GetBytes("{\"dtype\": \"float32\", \"torch_dtype\": \"float32\"," + Sizes + "}"), "config.json").WithDType(DType.F16);
        Assert.Equal("float16", config.Json["dtype"]!.GetValue<string>());
        Assert.Equal("float16", config.Json["torch_dtype"]!.GetValue<string>());
    }

    [Fact]
    public void ChangingACopyChangesNothing()
    {
        var config = TestModels.Read("qwen3-8b");
        config.Json["hidden_size"] = 1;
        config.Json.Clear();
        Assert.Equal(4096, config.Json["hidden_size"]!.GetValue<int>());
    }

    [Fact]
    public void NumbersAreWrittenAsTheyWere() =>
        Assert.Contains("\"rms_norm_eps\": 1e-06,\n", Encoding.UTF8.GetString(TestModels.Read("tiny-llama").ToUtf8()), StringComparison.Ordinal);

    [Fact]
    public void AnObjectMadeInMemoryIsReadAsAFileIs()
    {
        var json = TestModels.Read("qwen3-30b-a3b").Json;
        json["num_experts"] = 64;
        json["rope_scaling"] = new JsonObject { ["rope_type"] = "yarn", ["factor"] = 4.0 };
        var model = HfConfig.Parse(json, "made").Model;
        Assert.Equal(64, model.Experts);
        Assert.Equal("yarn", model.RopeScaling!["rope_type"]!.GetValue<string>());
    }

    /// <summary>A fork of Llama under a name of its own, as many are published.</summary>
    [Fact, Clause("CFG-3.6"), Clause("CFG-1.2")]
    public void AnUnknownTypeIsReadAsTheFamilyThatIsNamed()
    {
        const string Fork = """{"model_type":"mistrall","num_hidden_layers":2,"hidden_size":8,"num_attention_heads":8,"intermediate_size":16,"vocab_size":10}""";
        var error = Assert.Throws<UnsupportedCheckpointException>(() => HfConfig.Parse(Encoding.UTF8.GetBytes(Fork), "config.json"));
        Assert.Equal("CFG-1.2", error.Clause);
        Assert.Contains("nearest is mistral", error.Message, StringComparison.Ordinal);
        var config = HfConfig.Parse(Encoding.UTF8.GetBytes(Fork), "config.json", "mistral");
        Assert.Equal(("mistral", 8L), (config.Family.Name, config.Model.KvGroups));
        Assert.Equal("mistrall", config.Json["model_type"]!.GetValue<string>());
        Assert.Equal("CFG-1.2", Assert.Throws<UnsupportedCheckpointException>(() => HfConfig.Parse(Encoding.UTF8.GetBytes(Fork), "config.json", "no such")).Clause);
    }

    /// <summary>mcore-bridge takes biases of query, key and value wherever no key says anything.</summary>
    [Fact, Clause("CFG-3.2")]
    public void OnlyFamiliesThatAlwaysHaveThemHaveBiasesNoKeySpeaksOf()
    {
        const string Sizes = """
            {"num_hidden_layers":2,"hidden_size":64,"num_attention_heads":32,"num_key_value_heads":2,"intermediate_size":16,"vocab_size":10,"num_experts":4,"num_local_experts":4,
             "n_routed_experts":4,"moe_num_experts":4,"num_experts_per_tok":1,"moe_k":1,"moe_intermediate_size":8,"shared_expert_intermediate_size":8,"head_dim":4}
            """;
        var biased = s_plain.Where(family => HfConfig.Parse(Encoding.UTF8.GetBytes(Sizes), "config.json", family).Model.AttentionBias).ToArray();
        Assert.Equal(["qwen2", "qwen2_moe", "glm", "glm4", "gpt_oss", "mimo", "seed_oss"], biased);
    }

    static readonly string[] s_plain =
    [
        "llama", "qwen2", "qwen3", "qwen3_moe", "qwen2_moe", "mistral", "mixtral", "glm", "glm4", "glm4_moe", "gpt_oss", "gemma", "gemma2", "gemma3_text", "phi3", "phimoe", "olmo2", "olmo3",
        "olmoe", "ernie4_5", "ernie4_5_moe", "minimax_m2", "internlm3", "mimo", "dots1", "deepseek", "seed_oss", "smollm3", "granite", "granitemoe", "llama4_text",
    ];
}
