using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.Json;
using System.Text.Unicode;
using System.Text;
using Ckpt.Formats.Tensors;
using Ckpt.Formats;
using Ckpt.Models.Families;

namespace Ckpt.Models.Configs;

/// <summary>A config.json: the object as it is, every key kept in its place, and what it says about the model.</summary>
public sealed class HfConfig
{
    static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    static readonly JsonSerializerOptions s_pretty = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

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
    /// <exception cref="UnsupportedCheckpointException">A <c>model_type</c> that no family has.</exception>
    public static HfConfig Parse(ReadOnlySpan<byte> utf8, string where)
    {
        CheckText(utf8, where);
        using var document = Document(utf8, where);
        var root = document.RootElement.Clone();
        if (root.ValueKind != JsonValueKind.Object) { Throw.NotAnObject(where, root.ValueKind.ToString()); }
        var reader = new ConfigReader(root, where);
        var family = FamilyCatalog.Find(reader.OptionalText("model_type") ?? Throw.NoModelType(where), where);
        return new HfConfig(JsonObject.Create(root)!, ModelConfigParser.Parse(reader, family), family, where);
    }

    /// <summary>Reads a config that is already an object, such as a rebuilt one.</summary>
    public static HfConfig Parse(JsonObject json, string where) => Parse(Encoding.UTF8.GetBytes(json.ToJsonString(s_pretty)), where);

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
        return new HfConfig(json, Model with { TorchDType = dtype }, Family, Where);
    }

    /// <summary>The file: two spaces a level, a line feed at the end, as transformers writes it.</summary>
    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_json.ToJsonString(s_pretty) + "\n");

    static JsonDocument Document(ReadOnlySpan<byte> utf8, string where)
    {
        try { return JsonDocument.Parse(utf8.ToArray(), s_strict); }
        catch (JsonException error) { return Throw.NotJson(where, error); }
    }

    // JsonElement decodes strings when they are asked for, and fails then: broken UTF-8 and lone surrogates are found here instead.
    static void CheckText(ReadOnlySpan<byte> utf8, string where)
    {
        if (!Utf8.IsValid(utf8)) { Throw.NotUtf8(where); }
        var reader = new Utf8JsonReader(utf8);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) { CheckEscapes(ref reader, where); }
            }
        }
        catch (JsonException error) { Throw.NotJson(where, error); }
    }

    static void CheckEscapes(ref Utf8JsonReader reader, string where)
    {
        try { _ = reader.GetString(); }
        catch (InvalidOperationException error) { Throw.LoneSurrogate(where, reader.TokenStartIndex, error); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static JsonDocument NotJson(string where, JsonException error) => throw new MalformedCheckpointException(
            "CFG-1.1", where, $"not JSON: {error.Message}", error);

        [DoesNotReturn]
        internal static void NotUtf8(string where) => throw new MalformedCheckpointException("CFG-1.1", where, "not UTF-8 text");

        [DoesNotReturn]
        internal static void LoneSurrogate(string where, long at, Exception error) => throw new MalformedCheckpointException(
            "CFG-1.1", where, $"the string at byte {at} holds half a surrogate pair", error);

        [DoesNotReturn]
        internal static void NotAnObject(string where, string found) => throw new MalformedCheckpointException(
            "CFG-1.1", where, $"holds {found}, allowed is one object");

        [DoesNotReturn]
        internal static string NoModelType(string where) => throw new MalformedCheckpointException(
            "CFG-1.3", where, "key model_type is missing; it says which family the model is of");
    }
}
