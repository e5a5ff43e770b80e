using System.Text.Json.Nodes;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

namespace Ckpt.EndToEndTests;

/// <summary>Hugging Face folders of random bfloat16 weights, for shapes that no vector has.</summary>
static class MadeModel
{
    /// <summary>A qwen3 of two layers in which every part of every fused matrix fills blocks of 128 x 128.</summary>
    internal static string OfWholeBlocks(string folder) => Write(folder, new JsonObject
    {
        ["architectures"] = new JsonArray("Qwen3ForCausalLM"),
        ["model_type"] = "qwen3",
        ["dtype"] = "bfloat16",
        ["hidden_size"] = 128,
        ["intermediate_size"] = 256,
        ["num_hidden_layers"] = 2,
        ["num_attention_heads"] = 2,
        ["num_key_value_heads"] = 1,
        ["head_dim"] = 128,
        ["vocab_size"] = 60,
        ["rms_norm_eps"] = 1e-6,
        ["rope_theta"] = 10000.0,
        ["hidden_act"] = "silu",
        ["max_position_embeddings"] = 256,
        ["tie_word_embeddings"] = false,
    });

    internal static string Write(string folder, JsonObject json)
    {
        var config = HfConfig.Parse(json, "config.json");
        var source = new MemoryCheckpoint();
        var random = new Random(7);
        foreach (var tensor in BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions()).Left.Tensors)
        {
            var bytes = new byte[tensor.StoredShape.Count * 2];
            for (var i = 0; i < bytes.Length; i += 2)
            {
                var bits = (ushort)(BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) / 8)) >> 16);
                BitConverter.TryWriteBytes(bytes.AsSpan(i), bits);
            }
            source.Add(tensor.Name, DType.BF16, tensor.StoredShape, bytes);
        }
        var map = TensorMap.Identity([.. source.Tensors.Select(static t => new MappedTensor(t.Name, t.Shape))]);
        var plan = CopyPlanner.Plan(source.Tensors, map, new SafetensorsWriter().LayOut([.. source.Tensors.Select(static t => TensorTarget.Whole(t.Name, t.DType, t.Shape))]));
        using var output = PartialOutput.Open(folder, PlanHash.Of(plan, ""), new RunOptions());
        CopyRunner.Run(plan, source, output, new RunOptions(), new NoProgress(), CancellationToken.None);
        OutputFinisher.Write(output, [new SmallFile("config.json", config.ToUtf8())]);
        output.Publish();
        return folder;
    }
}
