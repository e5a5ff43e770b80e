using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Plans;
using Xunit;

namespace Ckpt.PropertyTests.Models;

/// <summary>Weights of a real model through map, planner and runner, beside the hashes of what Megatron-core wrote of them.</summary>
public class RealWeightsTests
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

    static string Hash(ICheckpointReader reader, TensorInfo tensor) => Convert.ToHexStringLower(SHA256.HashData(TensorAssembler.ReadWhole(reader, tensor)));
}
