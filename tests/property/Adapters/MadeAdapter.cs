using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>An adapter folder that a test writes: tensors by key, and a config.</summary>
sealed class MadeAdapter
{
    internal SortedDictionary<string, (Shape Shape, float[] Values)> Tensors { get; } = new(StringComparer.Ordinal);

    internal JsonObject Config { get; } = new() { ["peft_type"] = "LORA", ["r"] = 2, ["lora_alpha"] = 4, ["target_modules"] = new JsonArray("q_proj") };

    internal MadeAdapter Add(string key, Shape shape, Func<int, float> value)
    {
        Tensors[key] = (shape, [.. Enumerable.Range(0, (int)shape.Count).Select(value)]);
        return this;
    }

    /// <summary>A adapter of q_proj of two layers, [4, 6], of rank 2.</summary>
    internal static MadeAdapter Plain()
    {
        var made = new MadeAdapter();
        for (var layer = 0; layer < 2; layer++)
        {
            made.Add($"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_A.weight", new Shape(2, 6), static i => i * 0.25f);
            made.Add($"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_B.weight", new Shape(4, 2), static i => 1 - (i * 0.5f));
        }
        return made;
    }

    /// <summary>The base it belongs to.</summary>
    internal static MemoryCheckpoint PlainBase()
    {
        var made = new MemoryCheckpoint();
        for (var layer = 0; layer < 2; layer++)
        {
            foreach (var name in new[] { "q_proj", "k_proj" })
            {
                made.Add($"model.layers.{layer}.self_attn.{name}.weight", DType.F32, new Shape(4, 6), Bytes([.. Enumerable.Range(0, 24).Select(static i => i * 0.125f)]));
            }
        }
        return made;
    }

    internal string Write(TemporaryFolder folder, string name = "adapter")
    {
        var targets = Tensors.Select(static entry => TensorTarget.Whole(entry.Key, DType.F32, entry.Value.Shape)).ToArray();
        var layout = new SafetensorsWriter(new SafetensorsWriterOptions { Stem = "adapter_model" }).LayOut(targets);
        Directory.CreateDirectory(folder[name]);
        LayoutFiller.Write(layout, (tensor, _) => Bytes(Tensors[targets[tensor].Name].Values), folder[name]);
        File.WriteAllText(Path.Combine(folder[name], "adapter_config.json"), Config.ToJsonString());
        return folder[name];
    }

    internal static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();
}
