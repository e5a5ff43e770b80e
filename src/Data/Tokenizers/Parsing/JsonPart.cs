using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>A value of a JSON file, with the way to it for messages. Every fault of shape is TOK-1.2.</summary>
/// <param name="Value">The value.</param>
/// <param name="Where">The file and the way.</param>
readonly record struct JsonPart(JsonElement Value, string Where)
{
    internal bool IsNull => Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    internal bool IsObject => Value.ValueKind is JsonValueKind.Object;

    internal bool IsArray => Value.ValueKind is JsonValueKind.Array;

    internal bool IsText => Value.ValueKind is JsonValueKind.String;

    /// <summary>A member of an object; null where it is not there.</summary>
    internal JsonPart this[string name]
    {
        get
        {
            if (!IsObject) { Throw.Kind(this, "an object"); }
            return new JsonPart(Value.TryGetProperty(name, out var member) ? member : default, $"{Where}.{name}");
        }
    }

    internal string Text()
    {
        if (!IsText) { Throw.Kind(this, "a string"); }
        return Value.GetString()!;
    }

    internal string? TextOrNull() => IsNull ? null : Text();

    internal bool Bool(bool otherwise)
    {
        if (IsNull) { return otherwise; }
        if (Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) { Throw.Kind(this, "true or false"); }
        return Value.GetBoolean();
    }

    /// <summary>A whole number from 0 to what an id can be.</summary>
    internal int Index()
    {
        if (Value.ValueKind is not JsonValueKind.Number || !Value.TryGetInt32(out var index) || index < 0) { Throw.Kind(this, "a whole number of 31 bits"); }
        return Value.GetInt32();
    }

    internal double Number()
    {
        if (Value.ValueKind is not JsonValueKind.Number || !Value.TryGetDouble(out var number) || !double.IsFinite(number)) { Throw.Kind(this, "a number"); }
        return Value.GetDouble();
    }

    internal IEnumerable<JsonPart> Items()
    {
        if (!IsArray) { Throw.Kind(this, "an array"); }
        return Each(Value, Where);

        static IEnumerable<JsonPart> Each(JsonElement array, string where)
        {
            var i = 0;
            foreach (var item in array.EnumerateArray()) { yield return new JsonPart(item, $"{where}[{i++}]"); }
        }
    }

    internal JsonElement.ObjectEnumerator Members()
    {
        if (!IsObject) { Throw.Kind(this, "an object"); }
        return Value.EnumerateObject();
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Kind(JsonPart part, string wanted) => throw new MalformedDataException(
            "TOK-1.2", part.Where, part.Value.ValueKind is JsonValueKind.Undefined ? $"{wanted} is missing" : $"{wanted} has to be here; found {Found(part.Value)}");

        static string Found(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => Quoted.Text(value.GetString()!),
            _ => value.GetRawText() is { Length: > 40 } raw ? raw[..40] + "…" : value.GetRawText(),
        };
    }
}
