using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Ckpt.Formats;

namespace Ckpt.Models.Configs;

/// <summary>JSON objects in files from anywhere: refused where not UTF-8, not JSON, not an object, or with a key twice.</summary>
static class StrictJson
{
    static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    static readonly JsonSerializerOptions s_pretty = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static JsonElement Parse(ReadOnlySpan<byte> utf8, string where)
    {
        CheckText(utf8, where);
        try
        {
            using var document = JsonDocument.Parse(utf8.ToArray(), s_strict);
            var root = document.RootElement.Clone();
            if (root.ValueKind != JsonValueKind.Object) { Throw.NotAnObject(where, root.ValueKind); }
            return root;
        }
        catch (JsonException error) { return Throw.NotJson(where, error); }
    }

    /// <summary>Two spaces a level and a line feed at the end, as transformers and Megatron-SWIFT write.</summary>
    internal static byte[] ToUtf8(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString(s_pretty) + "\n");

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
        internal static JsonElement NotJson(string where, JsonException error) => throw new MalformedCheckpointException(
            "CFG-1.1", where, $"not JSON: {error.Message}", error);

        [DoesNotReturn]
        internal static void NotUtf8(string where) => throw new MalformedCheckpointException("CFG-1.1", where, "not UTF-8 text");

        [DoesNotReturn]
        internal static void LoneSurrogate(string where, long at, Exception error) => throw new MalformedCheckpointException(
            "CFG-1.1", where, $"the string at byte {at} holds half a surrogate pair", error);

        [DoesNotReturn]
        internal static void NotAnObject(string where, JsonValueKind found) => throw new MalformedCheckpointException(
            "CFG-1.1", where, $"holds a value of kind {found}, allowed is one object");
    }
}
