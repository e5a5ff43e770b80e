using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Configs;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>
/// Adapters made by PEFT and by mcore-bridge with what they give. <c>CKPT_ADAPTERS</c> names a folder of more cases, laid out the same; the base models
/// are those of <c>spec/vectors/hf</c>.
/// </summary>
static class AdapterCases
{
    static readonly Dictionary<string, HfConfig> s_configs = [];

    internal static string PeftRoot { get; } = Environment.GetEnvironmentVariable("CKPT_ADAPTERS") is { Length: > 0 } more ? Path.Combine(more, "peft") : Repository.Vector("peft", "accept");

    internal static string McoreRoot { get; } = Environment.GetEnvironmentVariable("CKPT_ADAPTERS") is { Length: > 0 } more ? Path.Combine(more, "megatron", "lora") : Repository.Vector("peft", "mcore");

    internal static string HfRoot { get; } = Environment.GetEnvironmentVariable("CKPT_ADAPTERS") is { Length: > 0 } more && Directory.Exists(Path.Combine(more, "hf")) ? Path.Combine(more, "hf") : Repository.Vector("hf");

    internal static IEnumerable<object[]> Peft() =>
        from model in Directory.EnumerateDirectories(PeftRoot).Order(StringComparer.Ordinal)
        from adapter in Directory.EnumerateDirectories(model).Order(StringComparer.Ordinal)
        select new object[] { Path.GetRelativePath(PeftRoot, adapter) };

    internal static IEnumerable<object[]> Mcore() =>
        Directory.EnumerateDirectories(McoreRoot).Order(StringComparer.Ordinal).Select(static folder => new object[] { Path.GetFileName(folder) });

    internal static JsonNode Expected(params string[] folder) => JsonNode.Parse(File.ReadAllText(Path.Combine([.. folder, "expected.json"])))!;

    internal static HfConfig Config(string model)
    {
        lock (s_configs)
        {
            if (s_configs.TryGetValue(model, out var config)) { return config; }
            var path = Path.Combine(HfRoot, model, "config.json");
            return s_configs[model] = HfConfig.Parse(File.ReadAllBytes(path), path);
        }
    }

    internal static SafetensorsReader Base(string model) => SafetensorsReader.Open(Path.Combine(HfRoot, model));

    internal static string Hash(ICheckpointReader reader, string name) => Convert.ToHexStringLower(SHA256.HashData(Bytes(reader, name)));

    /// <summary>A tensor's bytes; at once where they lie in one piece, which computed ones do.</summary>
    internal static byte[] Bytes(ICheckpointReader reader, string name)
    {
        var tensor = reader.Tensors.Single(tensor => tensor.Name == name);
        if (tensor.Boxes.Count != 1 || !reader.Locate(tensor, 0).Strides.AsSpan().SequenceEqual(tensor.Shape.RowMajorStrides())) { return TensorAssembler.ReadWhole(reader, tensor); }
        var payload = reader.Locate(tensor, 0);
        var bytes = new byte[tensor.ByteLength];
        payload.Source.ReadExactly(payload.Offset, bytes);
        return bytes;
    }
}
