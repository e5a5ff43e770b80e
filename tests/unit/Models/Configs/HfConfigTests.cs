using System.Text;
using System.Text.Json.Nodes;
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
}
