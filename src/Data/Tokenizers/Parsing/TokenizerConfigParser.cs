using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses tokenizer_config.json, special_tokens_map.json and chat_template.json.</summary>
static class TokenizerConfigParser
{
    /// <summary>A configuration that says nothing.</summary>
    internal static TokenizerConfig Empty { get; } = new(new SpecialTokens(null, null, null, null), new Dictionary<string, string>(), null);

    /// <summary>Parses tokenizer_config.json; an empty text is an absent file.</summary>
    internal static TokenizerConfig Parse(ReadOnlySpan<byte> utf8, string where)
    {
        if (utf8.IsEmpty) { return Empty; }
        var json = JsonText.Object(utf8, where);
        return new TokenizerConfig(Special(json), Templates(json["chat_template"]), MaxLength(json["model_max_length"]));
    }

    /// <summary>The tokens of special_tokens_map.json where the configuration names none.</summary>
    internal static TokenizerConfig Complete(TokenizerConfig config, ReadOnlySpan<byte> map, string where)
    {
        var more = Special(JsonText.Object(map, where));
        var special = config.Special;
        return config with { Special = new SpecialTokens(special.Bos ?? more.Bos, special.Eos ?? more.Eos, special.Pad ?? more.Pad, special.Unk ?? more.Unk) };
    }

    /// <summary>The template of chat_template.json.</summary>
    internal static IReadOnlyDictionary<string, string> Template(ReadOnlySpan<byte> utf8, string where) => Templates(JsonText.Object(utf8, where)["chat_template"]);

    static SpecialTokens Special(JsonPart json) => new(Token(json["bos_token"]), Token(json["eos_token"]), Token(json["pad_token"]), Token(json["unk_token"]));

    /// <summary>A token: its text, or an object that has it as content.</summary>
    static string? Token(JsonPart json) => json.IsNull ? null : json.IsObject ? json["content"].TextOrNull() : json.Text();

    /// <summary>One template, or a list of named ones.</summary>
    static Dictionary<string, string> Templates(JsonPart json)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.IsNull) { return templates; }
        if (json.IsText) { templates.Add("default", json.Text()); return templates; }
        if (json.IsObject) // by name: as transformers keeps them in memory, and some files too
        {
            foreach (var member in json.Members()) { templates[member.Name] = new JsonPart(member.Value, $"{json.Where}.{member.Name}").Text(); }
            return templates;
        }
        foreach (var item in json.Items())
        {
            if (!templates.TryAdd(item["name"].Text(), item["template"].Text())) { Throw.Twice(item.Where, item["name"].Text()); }
        }
        return templates;
    }

    /// <summary>A number; the huge one that transformers writes for "none" is none.</summary>
    static long? MaxLength(JsonPart json) => json.Value.ValueKind is JsonValueKind.Number && json.Number() is > 0 and < 1e15 and var length ? (long)length : null;

    static class Throw
    {
        [DoesNotReturn]
        internal static void Twice(string where, string name) => throw new MalformedDataException("TOK-9.2", where, $"the template {Quoted.Text(name)} stands twice");
    }
}
