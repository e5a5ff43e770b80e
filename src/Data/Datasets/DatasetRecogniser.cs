using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Data.Datasets;

/// <summary>Recognises the shape of a data set by the columns of a row (DAT-3.1). The decision is a sentence, to be printed.</summary>
public static class DatasetRecogniser
{
    static readonly string[] s_messages = ["messages", "conversations", "conversation"];
    static readonly string[] s_system = ["system", "system_prompt"];
    static readonly string[] s_query = ["query", "prompt", "input", "instruction", "question", "problem"];
    static readonly string[] s_response = ["response", "answer", "output", "targets", "target", "answer_key", "answers", "solution", "completion", "content"];
    static readonly string[] s_rejected = ["rejected_response", "rejected_messages", "rejected"];
    static readonly string[] s_media = ["images", "image", "videos", "video", "audios", "audio"];
    static readonly string[] s_roleTags = ["role", "from"];
    static readonly string[] s_contentTags = ["content", "value"];

    /// <summary>The shape of rows like this one.</summary>
    /// <param name="row">A row.</param>
    /// <param name="renames">Columns that stand for others, from the user.</param>
    /// <param name="where">The place for messages.</param>
    /// <exception cref="MalformedDataException">No known column is there.</exception>
    public static DatasetShape Recognise(JsonObject row, IReadOnlyDictionary<string, string> renames, string where)
    {
        // From the name a column stands for to the name it has.
        var columns = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (column, _) in row) { columns.TryAdd(column, column); }
        foreach (var (column, name) in renames)
        {
            if (!row.ContainsKey(column)) { throw new MalformedDataException("DAT-3.6", where, $"there is no column '{column}'; there are {Names(row)}"); }
            columns[name] = column;
        }
        string? Find(params string[] names) => names.Select(n => columns.GetValueOrDefault(n)).FirstOrDefault(c => c is not null);

        var map = new ColumnMap { System = Find(s_system), Tools = Find("tools"), Rejected = Find(s_rejected), Label = LabelOf(row, Find("label", "kto_tag")) };
        var messages = Find(s_messages);
        if (messages is not null && IsListOfObjects(row[messages]))
        {
            var (role, content) = Tags(row[messages]!.AsArray());
            return Say(DatasetStyle.Messages, map with { Messages = messages, RoleTag = role, ContentTag = content, Chosen = Find("chosen") }, row);
        }
        var chosen = Find("chosen", "chosen_response");
        if (chosen is not null && IsListOfObjects(row[chosen]))
        {
            // Preferences as two whole conversations, such as UltraFeedback's.
            var (role, content) = Tags(row[chosen]!.AsArray());
            return Say(DatasetStyle.Messages, map with { Messages = chosen, RoleTag = role, ContentTag = content }, row);
        }
        if (columns.ContainsKey("instruction") && (columns.ContainsKey("input") || columns.ContainsKey("output")))
        {
            var answer = Find("output") ?? chosen ?? Find(s_response);
            return Say(DatasetStyle.Alpaca, map with { Query = Find("instruction"), Input = Find("input"), Response = answer, History = Find("history"), Chosen = chosen }, row);
        }
        var query = Find(s_query);
        var response = chosen ?? Find(s_response);
        if (query is not null && response is not null && query != response)
        {
            return Say(DatasetStyle.QueryResponse, map with { Query = query, Response = response, History = Find("history"), Chosen = chosen }, row);
        }
        if (Find("text", "content", "response") is { } text) { return Say(DatasetStyle.Text, map with { Text = text, Rejected = null, Label = null }, row); }
        throw new MalformedDataException("DAT-3.1", where, $"the columns {Names(row)} are none that is known: messages or conversations; instruction, input and output; a query ({string.Join(", ", s_query)}) and a response ({string.Join(", ", s_response)}); or text. A column map says which is which");
    }

    static DatasetShape Say(DatasetStyle style, ColumnMap map, JsonObject row)
    {
        var used = map.Parts.Select(p => p.Part == p.Column ? p.Column : $"{p.Part} from '{p.Column}'");
        var unused = row.Select(c => c.Key).Except(map.Parts.Select(p => p.Column)).ToList();
        var media = unused.Intersect(s_media).ToList();
        var kind = map.Rejected is not null ? ", with preferences" : map.Label is not null ? ", with labels" : "";
        var left = unused.Count == 0 ? "" : $"; not used: {string.Join(", ", unused.Take(8))}{(unused.Count > 8 ? $" and {unused.Count - 8} more" : "")}";
        var pictures = media.Count == 0 ? "" : $"; {string.Join(" and ", media)} are ignored: text only";
        return new DatasetShape(style, map, $"recognised as {style}{kind} ({string.Join(", ", used)}{left}){pictures}");
    }

    static string? LabelOf(JsonObject row, string? column) => column is not null && row[column] is JsonValue value && value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? column : null;

    static bool IsListOfObjects(JsonNode? node) => node is JsonArray { Count: > 0 } list && list[0] is JsonObject;

    static (string Role, string Content) Tags(JsonArray messages)
    {
        var first = (JsonObject)messages[0]!;
        string Tag(string[] tags) => tags.FirstOrDefault(first.ContainsKey) ?? tags[0];
        return (Tag(s_roleTags), Tag(s_contentTags));
    }

    static string Names(JsonObject row) => row.Count == 0 ? "(none)" : string.Join(", ", row.Take(12).Select(c => $"'{(c.Key.Length > 40 ? c.Key[..40] + "…" : c.Key)}'")) + (row.Count > 12 ? "…" : "");
}
