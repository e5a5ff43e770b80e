using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>Fields of a row as what they should be; a fault names file, line and column.</summary>
static class RowFields
{
    // As Python's json.dumps(ensure_ascii=False) writes text: nothing is escaped that need not be.
    static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A column's text; empty where there is none.</summary>
    internal static string Text(JsonObject row, string? column, string where) => column is null ? "" : TextOf(row[column], column, where);

    /// <summary>A node's text; numbers and truth values as JSON writes them.</summary>
    internal static string TextOf(JsonNode? node, string name, string where)
    {
        switch (node)
        {
            case null: return "";
            case JsonValue value:
                return value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : Literal(value);
            case JsonArray list when list.All(IsTextPart):
                return string.Concat(list.Select(part => part is JsonObject o ? o["text"]!.GetValue<string>() : part!.GetValue<string>()));
            case JsonArray:
                throw new MalformedDataException("DAT-3.3", where, $"{name} has parts that are not text");
            default:
                throw new MalformedDataException("DAT-3.3", where, $"{name} is an object where a text is wanted");
        }
    }

    /// <summary>Earlier turns: a list of pairs of question and answer.</summary>
    internal static IEnumerable<(string Asked, string Answered)> History(JsonObject row, string? column, string where)
    {
        if (column is null || row[column] is not { } node) { return []; }
        if (node is JsonValue text && text.GetValueKind() == JsonValueKind.String && text.GetValue<string>().Length == 0) { return []; }
        if (node is not JsonArray list || !list.All(pair => pair is JsonArray { Count: 2 })) { throw new MalformedDataException("DAT-3.3", where, $"{column} is no list of pairs of question and answer"); }
        return list.Select(pair => (TextOf(pair![0], column, where), TextOf(pair[1], column, where))).ToList();
    }

    /// <summary>The tools as JSON; null where there are none.</summary>
    internal static string? Tools(JsonObject row, string? column, string where)
    {
        switch (column is null ? null : row[column])
        {
            case null or JsonArray { Count: 0 }: return null;
            case JsonArray list: return list.ToJsonString(s_plain);
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                var text = value.GetValue<string>();
                return string.IsNullOrWhiteSpace(text) ? null : text;
            default: throw new MalformedDataException("DAT-3.3", where, $"{column} is neither a list of tools nor its text");
        }
    }

    /// <summary>A number as a double, whatever it was read as.</summary>
    internal static double Number(JsonValue value) => value.TryGetValue<double>(out var number) ? number
        : value.TryGetValue<long>(out var whole) ? whole
        : value.TryGetValue<ulong>(out var large) ? large
        : value.TryGetValue<decimal>(out var exact) ? (double)exact : double.NaN;

    static bool IsTextPart(JsonNode? part) => part switch
    {
        JsonObject o => o["text"] is JsonValue text && text.GetValueKind() == JsonValueKind.String && (o["type"] is not JsonValue type || type.ToString() == "text"),
        JsonValue value => value.GetValueKind() == JsonValueKind.String,
        _ => false,
    };

    // Not ToJsonString: a number that is none has no JSON.
    static string Literal(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.TryGetValue<double>(out var number) ? number.ToString(CultureInfo.InvariantCulture) : value.ToString(),
    };
}
