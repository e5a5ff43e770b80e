using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Data.Datasets;

namespace Ckpt.Data.Preprocessing;

/// <summary>The handlers by name, and their column maps.</summary>
public static class PreprocessHandlers
{
    const string Suffix = "Handler";

    static readonly ColumnMap s_alpaca = new() { Query = "instruction", Input = "input", Response = "output" };

    static readonly ColumnMap s_sharegpt = new()
    {
        Messages = "conversations",
        RoleTag = "from",
        ContentTag = "value",
        Roles = Roles("human", "gpt", "observation", "function_call", "system"),
    };

    /// <summary>Those that are carried out.</summary>
    public static IReadOnlyList<PreprocessHandler> All { get; } =
    [
        new("GeneralPretrain", PreprocessKind.Text, DatasetStyle.Text, new ColumnMap { Text = "text" }),
        new("AlpacaStyleInstruction", PreprocessKind.Instruction, DatasetStyle.Alpaca, s_alpaca),
        new("SharegptStyleInstruction", PreprocessKind.Instruction, DatasetStyle.Messages, s_sharegpt),
        new("OpenAIInstruction", PreprocessKind.Instruction, DatasetStyle.Messages, new ColumnMap { Messages = "messages", Tools = "tools" }),
        new("AlpacaStylePairwise", PreprocessKind.Pairwise, DatasetStyle.Alpaca, s_alpaca with { Response = "chosen", Rejected = "rejected" }),
        new("SharegptStylePairwise", PreprocessKind.Pairwise, DatasetStyle.Messages, s_sharegpt with { Chosen = "chosen", Rejected = "rejected" }),
    ];

    // There, and not here: named so that a line that asks for one is told so.
    static readonly string[] s_others =
    [
        "LlamaFactoryInstruction", "SharegptStylePretrain", "AlpacaPretrain", "SharegptPretrain", "PPOAlpacaStyleInstruction", "R1AlpacaStyleInstruction", "R1SharegptStyleInstruction",
        "HunyuanInstruction", "GeneralInstruction", "BelleMultiTurnInstruction", "MOSSMultiTurn", "MOSSInstruction", "LeetcodePythonInstruction", "StackOverflowPythonPretrain",
    ];

    /// <summary>The handler of a name, with or without <c>Handler</c> behind it; nothing stands for pre-training text.</summary>
    /// <exception cref="DataFormatException">There is none.</exception>
    public static PreprocessHandler Find(string? name)
    {
        if (string.IsNullOrEmpty(name)) { return All[0]; }
        var bare = name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
        if (string.Equals(bare, "pretraining", StringComparison.OrdinalIgnoreCase) || string.Equals(bare, "pretrain", StringComparison.OrdinalIgnoreCase)) { return All[0]; }
        if (All.FirstOrDefault(h => h.Name.Equals(bare, StringComparison.OrdinalIgnoreCase)) is { } found) { return found; }
        var known = string.Join(", ", All.Select(h => h.Name + Suffix));
        throw s_others.Contains(bare, StringComparer.OrdinalIgnoreCase) ? new UnsupportedDataException("DAT-6.1", name, $"this handler is not in this version; there are {known}")
            : new MalformedDataException("DAT-6.1", name, $"no such handler; there are {known}");
    }

    /// <summary>The handler with the columns that <c>--map-keys</c> names. An empty name takes a column away.</summary>
    /// <exception cref="MalformedDataException">It is no JSON, or has a key that the handler does not know (DAT-3.6).</exception>
    public static PreprocessHandler Mapped(this PreprocessHandler handler, string mapKeys)
    {
        var map = handler.Map;
        foreach (var (key, value) in ColumnMap.ParseObject(mapKeys, "--map-keys"))
        {
            if (key == "tags" && handler.Style == DatasetStyle.Messages && value is JsonObject tags)
            {
                map = Tagged(map, tags);
                continue;
            }
            var column = Text(key, value);
            column = column.Length == 0 ? null : column;
            map = (handler.Style, key) switch
            {
                (DatasetStyle.Alpaca, "prompt") => map with { Query = column },
                (DatasetStyle.Alpaca, "query") => map with { Input = column },
                (DatasetStyle.Alpaca, "response") => map with { Response = column },
                (DatasetStyle.Alpaca, "history") => map with { History = column },
                (DatasetStyle.Alpaca, "chosen") => map with { Response = column },
                (DatasetStyle.Messages, "messages") => map with { Messages = column },
                (DatasetStyle.Messages, "chosen") => map with { Chosen = column },
                (DatasetStyle.Messages, "tools") => map with { Tools = column },
                (DatasetStyle.Messages, "kto_tag") => map with { Label = column },
                (not DatasetStyle.Text, "system") => map with { System = column },
                (not DatasetStyle.Text, "rejected") => map with { Rejected = column },
                _ => throw new MalformedDataException("DAT-3.6", "--map-keys", $"{handler.Name} has no part '{key}'"),
            };
        }
        return handler with { Map = map };
    }

    static ColumnMap Tagged(ColumnMap map, JsonObject tags)
    {
        string Tag(string key, string otherwise) => tags.TryGetPropertyValue(key, out var value) ? Text(key, value) : otherwise;
        string[] known = ["role_tag", "content_tag", "user_tag", "assistant_tag", "observation_tag", "function_tag", "system_tag"];
        foreach (var (key, _) in tags)
        {
            if (!known.Contains(key)) { throw new MalformedDataException("DAT-3.6", "--map-keys", $"there is no tag '{key}'; there are {string.Join(", ", known)}"); }
        }
        return map with
        {
            RoleTag = Tag("role_tag", map.RoleTag),
            ContentTag = Tag("content_tag", map.ContentTag),
            Roles = Roles(Tag("user_tag", "human"), Tag("assistant_tag", "gpt"), Tag("observation_tag", "observation"), Tag("function_tag", "function_call"), Tag("system_tag", "system")),
        };
    }

    static ImmutableDictionary<string, string> Roles(string user, string assistant, string observation, string function, string system)
    {
        var roles = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var (name, role) in new[] { (system, "system"), (function, "tool_call"), (observation, "tool_response"), (assistant, "assistant"), (user, "user") }) { roles[name] = role; }
        return roles.ToImmutable();
    }

    static string Text(string key, JsonNode? value) => value is JsonValue text && text.GetValueKind() == JsonValueKind.String ? text.GetValue<string>()
        : throw new MalformedDataException("DAT-3.6", "--map-keys", $"'{key}' is mapped to no text");
}
