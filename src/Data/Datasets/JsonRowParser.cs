using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>Reads one JSON object into nodes that hold their values, so that no fault is left for later.</summary>
static class JsonRowParser
{
    const int Deepest = 64;

    static readonly JsonReaderOptions s_options = new() { MaxDepth = Deepest };

    /// <summary>The object that is all of <paramref name="json"/>.</summary>
    /// <exception cref="MalformedDataException">It is none (DAT-2.2).</exception>
    internal static JsonObject Parse(ReadOnlySpan<byte> json, string where)
    {
        var reader = new Utf8JsonReader(json, s_options);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) { throw new MalformedDataException("DAT-2.2", where, $"a row is a JSON object, here is {Name(reader.TokenType)}"); }
            var row = Object(ref reader);
            if (reader.Read()) { throw new MalformedDataException("DAT-2.2", where, "there is something behind the object"); }
            return row;
        }
        catch (JsonException fault) { throw new MalformedDataException("DAT-2.2", where, $"no JSON: {Short(fault.Message)}", fault); }
        catch (InvalidOperationException fault) when (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
        {
            // What Utf8JsonReader.GetString says of bytes that are no UTF-8 and of escapes that are half a surrogate pair.
            throw new MalformedDataException("DAT-2.2", where, $"the text before byte {reader.TokenStartIndex + reader.ValueSpan.Length} is not Unicode", fault);
        }
    }

    static JsonObject Object(ref Utf8JsonReader reader)
    {
        var result = new JsonObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            result[name] = Value(ref reader); // of a name that stands twice the last counts, as in Python
        }
        return result;
    }

    static JsonNode? Value(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: return Object(ref reader);
            case JsonTokenType.StartArray:
                var array = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) { array.Add(Value(ref reader)); }
                return array;
            case JsonTokenType.String: return JsonValue.Create(reader.GetString());
            case JsonTokenType.True: return JsonValue.Create(true);
            case JsonTokenType.False: return JsonValue.Create(false);
            case JsonTokenType.Number: return Number(ref reader);
            default: return null;
        }
    }

    // Numbers keep their meaning: whole ones exactly as far as 64 bits go, others as a double.
    static JsonValue Number(ref Utf8JsonReader reader) =>
        reader.TryGetInt64(out var whole) ? JsonValue.Create(whole)
        : reader.TryGetUInt64(out var large) ? JsonValue.Create(large)
        : reader.TryGetDouble(out var number) ? JsonValue.Create(number) : JsonValue.Create(double.PositiveInfinity);

    static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a truth value",
    };

    static string Short(string message)
    {
        var path = message.IndexOf(" LineNumber", StringComparison.Ordinal);
        var said = path < 0 ? message : $"{message[..path]}{message[message.IndexOf(" BytePositionInLine", StringComparison.Ordinal)..].Replace(" BytePositionInLine:", " At byte", StringComparison.Ordinal)}";
        return said.Length > 300 ? said[..300] + "…" : said;
    }
}
