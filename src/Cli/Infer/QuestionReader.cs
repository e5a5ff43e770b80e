using System.Text.Json.Nodes;
using Ckpt.Data;
using Ckpt.Data.Datasets;

namespace Ckpt.Cli.Infer;

/// <summary>Reads the rows of data sets that ask, in any shape that is recognised; answers may lack.</summary>
static class QuestionReader
{
    static readonly string[] s_query = ["query", "prompt", "instruction", "question", "problem", "input"];

    /// <summary>The questions of all data sets, in their order.</summary>
    /// <param name="source">The data sets.</param>
    /// <param name="hubFolder">Finds the local copy of a named data set.</param>
    /// <param name="note">Told how rows are understood.</param>
    /// <exception cref="DataFormatException">A file or a row that cannot be read.</exception>
    internal static List<Question> Read(QuestionSource source, Func<string, string?>? hubFolder, Action<string> note)
    {
        var questions = new List<Question>();
        foreach (var text in source.Validation) { questions.AddRange(Of(text, source, hubFolder, note)); }
        foreach (var text in source.Training)
        {
            var rows = Of(text, source, hubFolder, note);
            questions.AddRange(source.SplitRatio is { } ratio and < 1 ? DatasetSampling.Split(rows.Count, ratio, (ulong)source.Seed).Validation.Select(index => rows[index]) : rows);
        }
        return questions;
    }

    static List<Question> Of(string text, QuestionSource source, Func<string, string?>? hubFolder, Action<string> note)
    {
        var spec = DatasetSpec.Parse(text);
        var files = DatasetFiles.Find(spec, hubFolder);
        var rows = DatasetReader.Rows(files.Files).Select(static row => (Json: row.Read(), row.Where)).ToList();
        if (rows.Count == 0) { return []; }
        var renames = source.Columns is { } map ? ColumnMap.ParseRenames(map, "--columns") : new Dictionary<string, string>();
        var toQuestion = Shape(rows[0].Json, renames, rows[0].Where, note, files.Decision);
        var chosen = DatasetSampling.Choose(rows.Count, spec.Count, (ulong)source.Seed);
        return [.. chosen.Select(index => toQuestion(rows[index].Json, rows[index].Where)).OfType<Question>()];
    }

    static Func<JsonObject, string, Question?> Shape(JsonObject first, IReadOnlyDictionary<string, string> renames, string where, Action<string> note, string decision)
    {
        try
        {
            var shape = DatasetRecogniser.Recognise(first, renames, where);
            if (shape.Style != DatasetStyle.Text)
            {
                note($"{decision}; {shape.Decision}");
                var normaliser = new RowNormaliser(shape);
                return (row, place) => normaliser.Normalise(row, place) is { } example ? OfExample(example) : null;
            }
        }
        catch (MalformedDataException) when (QueryOf(first, renames) is not null) { }
        var column = QueryOf(first, renames) ?? throw new MalformedDataException("INF-6.5", where, "has no question: messages, or one of " + string.Join(", ", s_query));
        note($"{decision}; questions from '{column}', without answers");
        return (row, place) => OfColumn(row, column, place);
    }

    static string? QueryOf(JsonObject row, IReadOnlyDictionary<string, string> renames) =>
        renames.FirstOrDefault(static pair => pair.Value == "query").Key is { } renamed && row.ContainsKey(renamed) ? renamed : s_query.FirstOrDefault(row.ContainsKey);

    static Question? OfColumn(JsonObject row, string column, string where)
    {
        if (row[column] is not JsonValue value || !value.TryGetValue<string>(out var query)) { throw new MalformedDataException("INF-6.5", where, $"'{column}' is no text"); }
        if (query.Length == 0) { return null; }
        var messages = new JsonArray(Message("user", query));
        if (row["system"] is JsonValue system && system.TryGetValue<string>(out var text) && text.Length > 0) { messages.Insert(0, Message("system", text)); }
        return new Question(new JsonObject { ["messages"] = messages }, null);
    }

    // The last answer is the label, and not asked with.
    static Question OfExample(DatasetExample example)
    {
        var messages = example.Messages.ToList();
        var label = messages.Count > 1 && messages[^1].Role == "assistant" ? messages[^1].Content : null;
        if (label is not null) { messages.RemoveAt(messages.Count - 1); }
        var row = new JsonObject { ["messages"] = new JsonArray([.. messages.Select(static message => Message(message.Role, message.Content))]) };
        if (example.Tools is { } tools) { row["tools"] = JsonNode.Parse(tools); }
        return new Question(row, label);
    }

    static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
