using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>The Hugging Face side of maps beside the parameters that transformers' own model classes have.</summary>
public class HfNamesVectorTests
{
    public static TheoryData<string> Models() => [.. Directory.GetFiles(Repository.Vector("hf-names")).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Models)), Clause("NAM-3.4"), Clause("NAM-1.7"), Clause("CFG-3.2"), Clause("CFG-3.3")]
    public void NamesShapesAndOrderAreTransformers(string name)
    {
        var vector = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("hf-names", name + ".json")))!;
        var config = HfConfig.Parse(vector["config"]!.AsObject(), name);
        var expected = vector["tensors"]!.AsArray().Select(tensor => new MappedTensor(tensor![0]!.GetValue<string>(), new Shape([.. tensor[1]!.AsArray().Select(dim => dim!.GetValue<long>())]))).ToArray();
        var names = expected.Select(tensor => tensor.Name).ToHashSet();
        Assert.Equal(expected, BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { HfHas = names.Contains }).Left.Tensors);
    }

    [Fact, Clause("NAM-3.4")]
    public void SingleExpertsComeByNumberBehindTheRouter()
    {
        var config = ConfigVectorTests.Read("qwen3-30b-a3b");
        var model = config.Model with { Layers = 1, Experts = 2, TieWordEmbeddings = true };
        Assert.Equal(
            [
                "model.embed_tokens.weight",
                "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight", "model.layers.0.self_attn.v_proj.weight", "model.layers.0.self_attn.o_proj.weight",
                "model.layers.0.self_attn.q_norm.weight", "model.layers.0.self_attn.k_norm.weight",
                "model.layers.0.mlp.gate.weight",
                "model.layers.0.mlp.experts.0.gate_proj.weight", "model.layers.0.mlp.experts.0.up_proj.weight", "model.layers.0.mlp.experts.0.down_proj.weight",
                "model.layers.0.mlp.experts.1.gate_proj.weight", "model.layers.0.mlp.experts.1.up_proj.weight", "model.layers.0.mlp.experts.1.down_proj.weight",
                "model.layers.0.input_layernorm.weight", "model.layers.0.post_attention_layernorm.weight",
                "model.norm.weight",
            ],
            BridgeCompiler.Compile(config.Family, model, new BridgeOptions()).Left.Tensors.Select(tensor => tensor.Name));
    }
}
