using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Plans;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Weights of a real model through map, planner and runner, beside the hashes of what Megatron-core wrote of them.</summary>
public partial class RealWeightsTests
{
    /// <summary>Transposed experts, columns in turns, biases everywhere, float32 sinks, a padded vocabulary.</summary>
    [Theory, Clause("NAM-7.7"), Clause("NAM-7.8"), Clause("NAM-1.10")]
    [InlineData("gpt_oss-tp1pp1")]
    [InlineData("gpt_oss-tp2pp2ep2")]
    public void GptOssBecomesWhatMegatronCoreWroteAndComesBack(string checkpoint)
    {
        var expected = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("names", checkpoint + ".json")))!;
        var config = ConfigVectorTests.Read("tiny-gpt_oss");
        var padded = VocabPadding.Swift(config.Model.VocabSize, expected["layout"]!["tp"]!.GetValue<int>());
        var map = BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions { PaddedVocab = padded });
        using var folder = new TemporaryFolder();
        using var source = CheckpointOpener.Open(Repository.Vector("hf", "gpt_oss"));
        var layout = Copying.Framed(TargetMaker.Make(source.Tensors, map, null, cutLeadingAxes: true));
        var made = Copying.Open(Copying.Run(folder, "mcore", CopyPlanner.Plan(source.Tensors, map, layout), source, 4096), layout);
        var hashes = expected["tensors"]!.AsObject().ToDictionary(entry => entry.Key, entry => entry.Value!["sha256"]!.GetValue<string>());
        Assert.Equal(hashes.OrderBy(entry => entry.Key, StringComparer.Ordinal), made.Tensors.Select(tensor => KeyValuePair.Create(tensor.Name, Hash(made, tensor))).OrderBy(entry => entry.Key, StringComparer.Ordinal));

        var back = Copying.Framed(TargetMaker.Make(made.Tensors, map.Reverse(), null, cutLeadingAxes: false));
        var again = Copying.Open(Copying.Run(folder, "hf", CopyPlanner.Plan(made.Tensors, map.Reverse(), back), made, 4096), back);
        Assert.Equal(source.Tensors.ToDictionary(tensor => tensor.Name, tensor => Hash(source, tensor)), again.Tensors.ToDictionary(tensor => tensor.Name, tensor => Hash(again, tensor)));
    }

    /// <summary>
    /// A layer of models that transformers made and Megatron-core wrote under mcore-bridge, with embedding and output layer: multi-latent attention and a
    /// balanced router; gated attention and an expert that every token goes to.
    /// </summary>
    [Theory, Clause("NAM-10.1"), Clause("NAM-10.3"), Clause("NAM-12.1"), Clause("NAM-1.10")]
    [InlineData("deepseek_v3", "deepseek_v3-tp2pp2", 1)]
    [InlineData("qwen3_next", "qwen3_next-ep2", 3)]
    public void ALayerBecomesWhatMegatronCoreWroteAndComesBack(string model, string checkpoint, int layer)
    {
        var expected = JsonNode.Parse(File.ReadAllBytes(Repository.Vector("names", checkpoint + ".json")))!;
        var folder = Repository.Vector("hf", $"{model}-layer{layer}");
        var config = HfConfig.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")), model);
        using var source = CheckpointOpener.Open(folder);
        var padded = VocabPadding.Swift(config.Model.VocabSize, expected["layout"]!["tp"]!.GetValue<int>());
        var options = new BridgeOptions { PaddedVocab = padded, HfTensors = source.Tensors };
        var map = BridgeCompiler.Compile(config.Family, config.Model, options);
        using var output = new TemporaryFolder();
        var layout = Copying.Framed(TargetMaker.Make(source.Tensors, map, null, cutLeadingAxes: true));
        var made = Copying.Open(Copying.Run(output, "mcore", CopyPlanner.Plan(source.Tensors, map, layout), source, 4096), layout);
        var there = expected["tensors"]!.AsObject();
        Assert.All(made.Tensors, tensor =>
        {
            var name = LayerNumber().Replace(tensor.Name, $"decoder.layers.{layer}.");
            // Megatron-SWIFT kept Qwen3-Next's own norms in float32 where nothing wrapped the model.
            var bytes = TensorAssembler.ReadWhole(made, tensor);
            if (there[name]!["dtype"]!.GetValue<string>() == "float32" && tensor.DType == DType.BF16)
            {
                var wide = new byte[2 * bytes.Length];
                ElementCast.Cast(DType.BF16, bytes, DType.F32, wide);
                bytes = wide;
            }
            Assert.Equal((name, there[name]!["sha256"]!.GetValue<string>()), (name, Convert.ToHexStringLower(SHA256.HashData(bytes))));
        });
        Assert.Equal(there.Count(entry => !entry.Key.Contains(".layers.", StringComparison.Ordinal) || entry.Key.Contains($".layers.{layer}.", StringComparison.Ordinal)), made.Tensors.Count);

        var noted = options with { HfTensors = null, Choices = BridgeCompiler.HfChoices(config.Family, config.Model, options) };
        var back = BridgeCompiler.Compile(config.Family, config.Model, noted).Reverse();
        var files = Copying.Framed(TargetMaker.Make(made.Tensors, back, null, cutLeadingAxes: false));
        var again = Copying.Open(Copying.Run(output, "hf", CopyPlanner.Plan(made.Tensors, back, files), made, 4096), files);
        Assert.Equal(source.Tensors.ToDictionary(tensor => tensor.Name, tensor => Hash(source, tensor)), again.Tensors.ToDictionary(tensor => tensor.Name, tensor => Hash(again, tensor)));
    }

    [GeneratedRegex(@"^decoder\.layers\.0\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();

    static string Hash(ICheckpointReader reader, TensorInfo tensor) => Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, tensor)));
}
