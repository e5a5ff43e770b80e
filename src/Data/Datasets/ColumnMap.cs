using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>Which column of a row plays which part; null for none.</summary>
public sealed record ColumnMap
{
    public string? Messages { get; init; }

    public string? Query { get; init; }

    /// <summary>Goes behind the query on a line of its own (Alpaca).</summary>
    public string? Input { get; init; }

    public string? Response { get; init; }

    public string? History { get; init; }

    public string? System { get; init; }

    public string? Tools { get; init; }

    public string? Chosen { get; init; }

    public string? Rejected { get; init; }

    public string? Label { get; init; }

    public string? Text { get; init; }

    public string RoleTag { get; init; } = "role";

    public string ContentTag { get; init; } = "content";

    /// <summary>Roles of the rows, in lower case, and the roles they stand for.</summary>
    public ImmutableDictionary<string, string> Roles { get; init; } = KnownRoles;

    /// <summary>The columns that are named.</summary>
    public IEnumerable<(string Part, string Column)> Parts =>
        from part in new (string Part, string? Column)[]
        {
            ("messages", Messages), ("query", Query), ("input", Input), ("response", Response), ("history", History), ("system", System),
            ("tools", Tools), ("chosen", Chosen), ("rejected", Rejected), ("label", Label), ("text", Text),
        }
        where part.Column is not null
        select (part.Part, part.Column);

    /// <summary>Role names in use, in all styles that are recognised.</summary>
    internal static ImmutableDictionary<string, string> KnownRoles { get; } = new (string Name, string Role)[]
    {
        ("system", "system"), ("developer", "system"), ("user", "user"), ("human", "user"), ("assistant", "assistant"), ("gpt", "assistant"),
        ("bot", "assistant"), ("model", "assistant"), ("chatgpt", "assistant"), ("tool_call", "tool_call"), ("function_call", "tool_call"),
        ("tool_response", "tool_response"), ("tool", "tool_response"), ("observation", "tool_response"), ("function", "tool_response"),
        ("function_response", "tool_response"),
    }.ToImmutableDictionary(r => r.Name, r => r.Role);

    /// <summary>Reads <c>--columns</c> of Megatron-SWIFT: columns of the rows, each with the name it stands for.</summary>
    /// <exception cref="MalformedDataException">It is no JSON object of texts.</exception>
    public static IReadOnlyDictionary<string, string> ParseRenames(string json, string where)
    {
        var renames = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in ParseObject(json, where))
        {
            renames[name] = value is JsonValue text && text.GetValueKind() == JsonValueKind.String ? text.GetValue<string>()
                : throw new MalformedDataException("DAT-3.6", where, $"the column '{name}' is mapped to no text");
        }
        return renames;
    }

    internal static JsonObject ParseObject(string json, string where)
    {
        try { return JsonRowParser.Parse(global::System.Text.Encoding.UTF8.GetBytes(json), where); }
        catch (MalformedDataException fault) { throw new MalformedDataException("DAT-3.6", where, fault.Message, fault); }
    }
}
