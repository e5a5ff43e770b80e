using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;

namespace Ckpt.Models.Opening;

/// <summary>
/// What is noted of Hugging Face files that a Megatron checkpoint was made of, so that the way back gives the same names and types: which of the ways
/// their family has they were named in (NAM-14.1).
/// </summary>
public static class HfNamesFile
{
    /// <summary>The file's name, beside the config that is kept.</summary>
    public const string Name = "ckpt-names.json";

    /// <summary>The ways in which these files are named, by choice.</summary>
    /// <exception cref="CheckpointException">The files are not those of the config.</exception>
    public static IReadOnlyDictionary<string, string> Of(HfConfig config, BridgeOptions options) => BridgeCompiler.HfChoices(config.Family, config.Model, options);

    /// <summary>The file.</summary>
    public static byte[] ToUtf8(IReadOnlyDictionary<string, string> choices) =>
        StrictJson.ToUtf8(new JsonObject(choices.OrderBy(static choice => choice.Key, StringComparer.Ordinal).Select(static choice => KeyValuePair.Create(choice.Key, (JsonNode?)choice.Value))));

    /// <summary>Reads the file; what no family knows is looked past.</summary>
    /// <exception cref="MalformedCheckpointException">Not one JSON object of strings.</exception>
    public static IReadOnlyDictionary<string, string> Read(ReadOnlySpan<byte> utf8, string where)
    {
        var reader = new ConfigReader(StrictJson.Parse(utf8, where), where);
        return reader.Keys.ToDictionary(static key => key, key => reader.OptionalText(key) ?? "", StringComparer.Ordinal);
    }

    /// <summary>What is noted in a folder, else what its weights are named like, where it has any; empty where neither is.</summary>
    internal static IReadOnlyDictionary<string, string> OfFolder(string folder, HfConfig config)
    {
        var noted = Path.Combine(folder, Name);
        if (File.Exists(noted)) { return Read(File.ReadAllBytes(noted), noted); }
        if (!Directory.Exists(folder) || !HasWeights(folder)) { return new Dictionary<string, string>(); }
        using var weights = Formats.Safetensors.SafetensorsReader.Open(folder);
        return Of(config, new BridgeOptions { HfTensors = weights.Tensors });
    }

    internal static bool HasWeights(string folder) => File.Exists(Path.Combine(folder, "model.safetensors")) || File.Exists(Path.Combine(folder, "model.safetensors.index.json"));
}
