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

    [Theory, MemberData(nameof(Models)), Clause("NAM-3.4"), Clause("NAM-1.7"), Clause("NAM-7.1"), Clause("CFG-3.2"), Clause("CFG-3.3")]
    public void NamesShapesAndOrderAreTransformers(string name)
    {
        var (config, tensors, _) = Read(name);
        // What is carried over comes behind the text model, in its own order.
        Assert.Equal(tensors.OrderBy(tensor => IsCarried(config, tensor.Name)), Left(config, tensors));
    }

    /// <summary>transformers 5 holds experts fused and saves them one by one, under the names the family's files have had from the start.</summary>
    [Theory, MemberData(nameof(Models)), Clause("NAM-7.1"), Clause("NAM-1.7")]
    public void WhatIsWrittenHasTheNamesOfTheFamilysFiles(string name)
    {
        var (config, tensors, saved) = Read(name);
        var expected = (saved ?? tensors).OrderBy(tensor => tensor.Name, StringComparer.Ordinal);
        Assert.Equal(expected, Left(config, saved ?? tensors).OrderBy(tensor => tensor.Name, StringComparer.Ordinal));
        // Of two names for the same experts the files' is written, except where transformers 5 saves what was read as it was.
        Assert.Equal(
            expected.Where(tensor => !IsCarried(config, tensor.Name)),
            BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions()).Left.Tensors.Select(Stored).OrderBy(tensor => tensor.Name, StringComparer.Ordinal));
    }

    static IEnumerable<MappedTensor> Left(HfConfig config, IReadOnlyList<MappedTensor> present)
    {
        var tensors = present.Select(tensor => new TensorInfo(tensor.Name, DType.BF16, tensor.Shape, [])).ToArray();
        return BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { HfTensors = tensors }).Left.Tensors.Select(Stored);
    }

    static bool IsCarried(HfConfig config, string name) => config.Family.Namings.Any(naming => naming.Carried.Any(part => name.StartsWith(part.Hf, StringComparison.Ordinal)));

    static MappedTensor Stored(MappedTensor tensor) => new(tensor.Name, tensor.StoredShape);

    static (HfConfig Config, IReadOnlyList<MappedTensor> Tensors, IReadOnlyList<MappedTensor>? Saved) Read(string name)
    {
        var vector = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("hf-names", name + ".json")))!;
        return (HfConfig.Parse(vector["config"]!.AsObject(), name), Tensors(vector["tensors"]!), vector["saved"] is { } saved ? Tensors(saved) : null);
    }

    static MappedTensor[] Tensors(JsonNode list) =>
        [.. list.AsArray().Select(tensor => new MappedTensor(tensor![0]!.GetValue<string>(), new Shape([.. tensor[1]!.AsArray().Select(dim => dim!.GetValue<long>())])))];

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
