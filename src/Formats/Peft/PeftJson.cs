using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Ckpt.Formats.Peft;

/// <summary>Reads typed values out of an adapter_config.json; a value that is null counts as absent.</summary>
sealed class PeftJson(JsonElement json, string where)
{
    static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    internal string Where => where;

    internal JsonElement Root => json;

    internal static PeftJson Parse(ReadOnlySpan<byte> utf8, string where)
    {
        CheckText(utf8, where);
        try
        {
            using var document = JsonDocument.Parse(utf8.ToArray(), s_strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object) { Throw.NotAnObject(where, document.RootElement.ValueKind); }
            return new PeftJson(document.RootElement.Clone(), where);
        }
        catch (JsonException error) { return Throw.NotJson(where, error); }
    }

    internal bool IsSet(string key) => Element(key) is not null;

    internal string? Text(string key) => Element(key) is not { } element ? null
        : element.ValueKind == JsonValueKind.String ? element.GetString() : Throw.WrongType<string>(where, key, element, "a string");

    internal bool Flag(string key) => Element(key) is { } element && element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => Throw.WrongType<bool>(where, key, element, "true or false"),
    };

    internal double? Number(string key) => Element(key) is { } element ? Number(key, element) : null;

    /// <summary>A rank: an integer from 1.</summary>
    internal int? Rank(string key) => Element(key) is { } element ? Rank(key, element) : null;

    /// <summary>One string, or a list of them.</summary>
    internal IReadOnlyList<string>? Texts(string key) => Element(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } element => [element.GetString()!],
        { ValueKind: JsonValueKind.Array } element => element.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.String ? item.GetString()! : Throw.WrongType<string>(where, key, item, "strings")).ToArray(),
        { } element => Throw.WrongType<string[]>(where, key, element, "a string or a list of strings"),
    };

    internal bool IsText(string key) => Element(key) is { ValueKind: JsonValueKind.String };

    /// <summary>One layer number, or a list of them.</summary>
    internal IReadOnlySet<int>? Layers(string key) => Element(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } element => new HashSet<int> { Layer(key, element) },
        { ValueKind: JsonValueKind.Array } element => element.EnumerateArray().Select(item => Layer(key, item)).ToHashSet(),
        { } element => Throw.WrongType<HashSet<int>>(where, key, element, "a layer number or a list of them"),
    };

    /// <summary>Patterns and their values, in file order: the first that fits counts.</summary>
    internal IReadOnlyList<KeyValuePair<string, T>> Patterns<T>(string key, Func<PeftJson, string, JsonElement, T> value)
    {
        if (Element(key) is not { } element) { return []; }
        if (element.ValueKind != JsonValueKind.Object) { Throw.WrongType<int>(where, key, element, "an object"); }
        return element.EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, value(this, $"{key}.{entry.Name}", entry.Value))).ToArray();
    }

    internal int Rank(string key, JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var rank) && rank > 0 ? rank : Throw.WrongType<int>(where, key, element, "an integer from 1 to 2147483647");

    internal double Number(string key, JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) && double.IsFinite(number) ? number : Throw.WrongType<double>(where, key, element, "a finite number");

    int Layer(string key, JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var layer) && layer >= 0 ? layer : Throw.WrongType<int>(where, key, element, "layer numbers");

    JsonElement? Element(string key) => json.TryGetProperty(key, out var element) && element.ValueKind != JsonValueKind.Null ? element : null;

    // JsonElement decodes strings when they are asked for, and fails then: broken text is found here instead.
    static void CheckText(ReadOnlySpan<byte> utf8, string where)
    {
        if (!Utf8.IsValid(utf8)) { Throw.BadText(where, null); }
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
        catch (InvalidOperationException error) { Throw.BadText(where, error); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static PeftJson NotJson(string where, JsonException error) => throw new MalformedCheckpointException(
            "ADP-1.2", where, $"not JSON: {error.Message}", error);

        [DoesNotReturn]
        internal static void BadText(string where, Exception? inner) => throw new MalformedCheckpointException(
            "ADP-1.2", where, inner is null ? "not UTF-8 text" : "a string holds half a surrogate pair", inner);

        [DoesNotReturn]
        internal static void NotAnObject(string where, JsonValueKind found) => throw new MalformedCheckpointException(
            "ADP-1.2", where, $"holds a value of kind {found}, allowed is one object");

        [DoesNotReturn]
        internal static T WrongType<T>(string where, string key, JsonElement found, string allowed)
        {
            var text = new StringBuilder(found.GetRawText());
            if (text.Length > 60) { text.Length = 60; text.Append('…'); }
            throw new MalformedCheckpointException("ADP-1.2", where, $"{Quoted.Name(key)} is {text}, allowed is {allowed}");
        }
    }
}
