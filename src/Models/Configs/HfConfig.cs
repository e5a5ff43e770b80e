using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Configs;

/// <summary>A config.json: the object as it is, every key kept in its place, and what it says about the model.</summary>
public sealed class HfConfig
{
    readonly JsonObject _json;

    HfConfig(JsonObject json, ModelConfig model, ModelFamily family, string where)
    {
        _json = json;
        Model = model;
        Family = family;
        Where = where;
    }

    /// <summary>The name used in messages.</summary>
    public string Where { get; }

    /// <summary>What the file says about the model, whichever era wrote it.</summary>
    public ModelConfig Model { get; }

    /// <summary>The family that <c>model_type</c> names.</summary>
    public ModelFamily Family { get; }

    /// <summary>A copy of the object as it was read.</summary>
    public JsonObject Json => (JsonObject)_json.DeepClone();

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="MalformedCheckpointException">Not one JSON object, or a value that is missing, of the wrong type or inconsistent.</exception>
    /// <param name="utf8">The file.</param>
    /// <param name="where">Its name, for messages.</param>
    /// <param name="family">The family to read it as, whatever <c>model_type</c> says; null: the one that names.</param>
    /// <exception cref="UnsupportedCheckpointException">A <c>model_type</c> that no family has.</exception>
    public static HfConfig Parse(ReadOnlySpan<byte> utf8, string where, string? family = null)
    {
        var root = StrictJson.Parse(utf8, where);
        var reader = new ConfigReader(root, where);
        return Parse(root, reader, FamilyCatalog.Find(family ?? reader.OptionalText("model_type") ?? Throw.NoModelType(where), family is null ? where : "family"));
    }

    // CFG-7.4: a multimodal config says what its text model is in an object of its own.
    static HfConfig Parse(JsonElement root, ConfigReader reader, ModelFamily family)
    {
        var text = family.Config.Text.Keys.Aggregate(reader, static (outer, key) => outer.Inside(key));
        if (family.Texts.Count > 0)
        {
            if (ReferenceEquals(text, reader)) { Throw.NoText(reader.Where, family.Config.Text.Keys[^1]); }
            family = FamilyCatalog.WithText(family, text.OptionalText("model_type") ?? Throw.NoModelType(reader.Where), reader.Where);
        }
        var json = JsonObject.Create(root)!;
        return new HfConfig(json, ModelConfigParser.Parse(text, family) with { Parts = family.Namings.Count == 0 ? new HashSet<string>() : PartKeys(json) }, family, reader.Where);
    }

    // Models of the omni families without sound have their generators' configs and not their weights.
    static HashSet<string> PartKeys(JsonObject json)
    {
        var silent = json["enable_audio_output"] is JsonValue said && said.TryGetValue<bool>(out var sounds) && !sounds;
        return silent ? [] : [.. json.Where(static entry => entry.Key.EndsWith("_config", StringComparison.Ordinal) && entry.Value is JsonObject).Select(static entry => entry.Key)];
    }

    /// <summary>Reads a config that is already an object, such as a rebuilt one.</summary>
    public static HfConfig Parse(JsonObject json, string where, string? family = null) => Parse(StrictJson.ToUtf8(json), where, family);

    /// <summary>
    /// The same config announcing another element type, under the key the file has (<c>torch_dtype</c> of transformers 4, <c>dtype</c> of
    /// 5) and in its place; a file with neither gets the key of its era at the end.
    /// </summary>
    public HfConfig WithDType(DType dtype)
    {
        var json = Json;
        var name = dtype.TorchName() ?? throw new ArgumentException($"torch has no name for {dtype}", nameof(dtype));
        var keys = new[] { "dtype", "torch_dtype" }.Where(json.ContainsKey).ToArray();
        if (keys.Length == 0) { keys = [json.ContainsKey("rope_parameters") ? "dtype" : "torch_dtype"]; }
        foreach (var key in keys) { json[key] = name; }
        foreach (var part in Parts(json)) { SetInside(part, ["dtype", "torch_dtype"], name); }
        return new HfConfig(json, Model with { TorchDType = dtype }, Family, Where);
    }

    /// <summary>The same config announcing so many layers that predict further tokens, under the keys the file has; one without such keys stays as it is.</summary>
    public HfConfig WithMtpLayers(int count)
    {
        var json = Json;
        SetInside(json, Family.Config.MtpLayers, count);
        return new HfConfig(json, Model with { MtpLayers = Model.MtpLayers is null ? null : count }, Family, Where);
    }

    // Inner objects say what of theirs differs; a null says nothing.
    static void SetInside(JsonObject json, IReadOnlyList<string> keys, JsonNode value)
    {
        foreach (var key in keys)
        {
            if (json[key] is not null) { json[key] = value.DeepClone(); }
        }
        foreach (var part in Parts(json)) { SetInside(part, keys, value); }
    }

    // Objects of a multimodal config that are configs themselves.
    static IEnumerable<JsonObject> Parts(JsonObject json) => json
        .Where(static entry => entry.Key.EndsWith("_config", StringComparison.Ordinal) && entry.Key is not ("quantization_config" or "compression_config"))
        .Select(static entry => entry.Value).OfType<JsonObject>();

    /// <summary>The same config of weights that are not quantised.</summary>
    public HfConfig WithoutQuantisation()
    {
        var json = Json;
        foreach (var part in new[] { json, json["text_config"] as JsonObject })
        {
            part?.Remove("quantization_config");
            part?.Remove("compression_config");
        }
        return new HfConfig(json, Model with { QuantMethod = null }, Family, Where);
    }

    /// <summary>
    /// The same config announcing 8-bit floats in blocks, as fine-grained FP8 of transformers: in the place of what the file says of quantisation, or at
    /// its end.
    /// </summary>
    /// <param name="options">Block and form of scale.</param>
    /// <param name="notConverted">Modules whose weights stay numbers.</param>
    public HfConfig WithFloat8Blocks(QuantOptions options, IReadOnlyList<string> notConverted)
    {
        var said = new JsonObject
        {
            ["activation_scheme"] = "dynamic",
            ["fmt"] = "e4m3",
            ["modules_to_not_convert"] = new JsonArray([.. notConverted.Select(static name => JsonValue.Create(name))]),
            ["quant_method"] = "fp8",
            ["weight_block_size"] = new JsonArray(options.BlockRows, options.BlockColumns),
        };
        if (options.Scale != ScaleForm.Float32) { said["scale_fmt"] = "ue8m0"; }
        var json = Json.ContainsKey("quantization_config") ? Json : WithoutQuantisation().Json;
        json["quantization_config"] = said;
        return new HfConfig(json, Model with { QuantMethod = "fp8" }, Family, Where);
    }

    /// <summary>The same config of a model of other sizes: what one rank holds. Its file stays that of the whole.</summary>
    internal HfConfig Of(ModelConfig model) => new(_json, model, Family, Where);

    /// <summary>The file: two spaces a level, a line feed at the end, as transformers writes it.</summary>
    public byte[] ToUtf8() => StrictJson.ToUtf8(_json);

    static class Throw
    {
        [DoesNotReturn]
        internal static string NoModelType(string where) => throw new MalformedCheckpointException(
            "CFG-1.3", where, "key model_type is missing; it says which family the model is of");

        [DoesNotReturn]
        internal static void NoText(string where, string key) => throw new MalformedCheckpointException(
            "CFG-1.3", where, $"key {key} is missing; it says what the text model is");
    }
}
