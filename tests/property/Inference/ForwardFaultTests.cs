using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Inference;
using Ckpt.Inference.Descriptions;
using Ckpt.Kit;
using Ckpt.Models.Configs;
using Xunit;

namespace Ckpt.PropertyTests.Inference;

/// <summary>What cannot be computed is refused by name.</summary>
public sealed class ForwardFaultTests
{
    [Theory]
    [InlineData("model.layers.1.mlp.down_proj.weight")]
    [InlineData("model.layers.0.self_attn.q_norm.weight")]
    [InlineData("model.embed_tokens.weight")]
    [Clause("INF-1.1")]
    public void AWeightThatIsMissingIsNamed(string name)
    {
        var error = Fault("qwen3", (each, shape) => each == name ? null : shape);
        Assert.Equal("INF-1.1", error.Clause);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.layers.1.mlp.down_proj.weight", 16L, 23L)]
    [InlineData("model.layers.1.self_attn.q_proj.weight", 31L, 16L)]
    [InlineData("model.layers.0.self_attn.q_norm.weight", 7L, 1L)]
    [Clause("INF-1.2")]
    public void AWeightOfAnotherShapeIsNamed(string name, long rows, long columns)
    {
        var error = Fault("qwen3", (each, shape) => each == name ? new Shape(rows, columns) : shape);
        Assert.Equal("INF-1.2", error.Clause);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwen3", "INF-2.2", """{"hidden_act":"relu"}""")]
    [InlineData("qwen3", "INF-2.3", """{"hidden_size":134217728}""")]
    [InlineData("deepseek_v3-yarn", "INF-2.4", """{"n_group":3}""")]
    [InlineData("qwen3", "INF-3.1", """{"rope_parameters":{"rope_type":"proportional","rope_theta":10000.0,"factor":2}}""")]
    [InlineData("qwen3", "INF-3.2", """{"rope_parameters":{"rope_type":"linear","rope_theta":10000.0,"factor":"2"}}""")]
    [InlineData("qwen3", "INF-3.2", """{"rope_parameters":{"rope_type":"longrope","rope_theta":10000.0,"short_factor":[1.0]}}""")]
    [InlineData("qwen3", "INF-3.3", """{"rope_parameters":{"rope_type":"default","rope_theta":10000.0,"partial_rotary_factor":1.5}}""")]
    [InlineData("llama4_text", "INF-2.5", """{"attention_chunk_size":0}""")]
    [InlineData("qwen3", "INF-2.1", """{"model_type":"qwen2_vl"}""")]
    [Clause("INF-2.1")]
    [Clause("INF-2.2")]
    [Clause("INF-2.3")]
    [Clause("INF-2.4")]
    [Clause("INF-2.5")]
    [Clause("INF-3.1")]
    [Clause("INF-3.2")]
    [Clause("INF-3.3")]
    public void AConfigThatCannotBeFollowedIsRefused(string name, string clause, string changes)
    {
        using var model = new ForwardCase(name);
        var json = model.Config.Json;
        foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject()) { json[key] = value?.DeepClone(); }
        var config = HfConfig.Parse(json, "config.json");
        var error = Assert.ThrowsAny<CheckpointException>(() => ForwardPass.Run(ForwardModel.Of(config, model.Weights), model.Weights, model.Tokens, new ForwardOptions()));
        Assert.Equal(clause, error.Clause);
    }

    static CheckpointException Fault(string name, Func<string, Shape?, Shape?> seen)
    {
        using var model = new ForwardCase(name);
        var weights = new HiddenWeights(model.Weights, seen);
        return Assert.ThrowsAny<CheckpointException>(() => ForwardPass.Run(ForwardModel.Of(model.Config, weights), weights, model.Tokens, new ForwardOptions()));
    }
}
