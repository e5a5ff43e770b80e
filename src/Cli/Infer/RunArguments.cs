using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Data.Templates.Named;
using Ckpt.Formats;

namespace Ckpt.Cli.Infer;

/// <summary>What the args.json of a training run says of how its model is asked; null where it does not say.</summary>
/// <param name="Where">The file.</param>
sealed record RunArguments(string Where)
{
    const int Largest = 16 << 20;

    internal string? Template { get; init; }

    internal string? System { get; init; }

    internal bool? UseChatTemplate { get; init; }

    internal bool? EnableThinking { get; init; }

    internal string? ResponsePrefix { get; init; }

    /// <summary>The data sets of its validation.</summary>
    internal QuestionSource? Questions { get; init; }

    /// <summary>The template, where it is one of ours.</summary>
    internal string? KnownTemplate => Template is { } name && SwiftTemplates.Names.Contains(name) ? name : null;

    /// <summary>The file beside a checkpoint, or in the folder that holds it; null where there is none.</summary>
    internal static RunArguments? FindFor(ModelOrigin origin)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(origin.Named));
        foreach (var place in new[] { folder, Path.GetDirectoryName(folder) })
        {
            var path = place is null ? null : Path.Combine(place, "args.json");
            if (path is null || !File.Exists(path)) { continue; }
            if (new FileInfo(path).Length > Largest) { throw new MalformedCheckpointException("INF-6.6", path, $"is {new FileInfo(path).Length:N0} bytes; an args.json has at most {Largest:N0}"); }
            var split = Path.Combine(place!, "val_dataset.jsonl");
            return Parse(File.ReadAllBytes(path), path, File.Exists(split) ? split : null);
        }
        return null;
    }

    /// <summary>Reads the file. Pure.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="path">Its name.</param>
    /// <param name="split">The rows that the run split off its data, where it wrote them; null where not.</param>
    /// <exception cref="MalformedCheckpointException">INF-6.6: it is no JSON object.</exception>
    internal static RunArguments Parse(ReadOnlySpan<byte> utf8, string path, string? split)
    {
        JsonObject json;
        try { json = JsonNode.Parse(utf8, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw new MalformedCheckpointException("INF-6.6", path, "is no JSON object"); }
        catch (JsonException error) { throw new MalformedCheckpointException("INF-6.6", path, $"is not JSON: {error.Message}"); }
        return new RunArguments(path)
        {
            Template = Text(json, "template"),
            System = Text(json, "system"),
            UseChatTemplate = Flag(json, "use_chat_template"),
            EnableThinking = Flag(json, "enable_thinking"),
            ResponsePrefix = Text(json, "response_prefix"),
            Questions = QuestionsOf(json, split),
        };
    }

    static QuestionSource? QuestionsOf(JsonObject json, string? split)
    {
        var (validation, training) = (Texts(json, "val_dataset"), Texts(json, "dataset"));
        var ratio = Number(json, "split_dataset_ratio") ?? 0;
        var seed = (int)(Number(json, "data_seed") ?? InferArguments.DefaultSeed);
        var columns = json["columns"] is JsonObject { Count: > 0 } map ? map.ToJsonString() : Text(json, "columns") is { Length: > 0 } text ? text : null;
        if (validation.Length > 0) { return new QuestionSource(validation, [], null, columns, seed); }
        if (split is not null) { return new QuestionSource([split], [], null, null, seed); }
        return training.Length > 0 && ratio > 0 ? new QuestionSource([], training, ratio, columns, seed) : null;
    }

    static string? Text(JsonObject json, string key) => json[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    static double? Number(JsonObject json, string key) => json[key] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<double>(out var number) && Math.Abs(number) <= int.MaxValue ? number : null;

    static bool? Flag(JsonObject json, string key) => json[key]?.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };

    static string[] Texts(JsonObject json, string key) => json[key] switch
    {
        JsonArray list => [.. list.OfType<JsonValue>().Where(static each => each.GetValueKind() == JsonValueKind.String).Select(static each => each.GetValue<string>())],
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>().Split(' ', StringSplitOptions.RemoveEmptyEntries),
        _ => [],
    };
}
