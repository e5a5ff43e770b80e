using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Data.Templates;
using Ckpt.Data.Templates.Named;
using Ckpt.Data.Tokenizers;

namespace Ckpt.Cli.Infer;

/// <summary>How conversations become the tokens that a model goes on from: by a named template, by the tokenizer's own, or as plain text.</summary>
sealed class ChatPrompts
{
    readonly Tokenizer _tokenizer;
    readonly InferArguments _arguments;
    readonly DateTime _now;
    readonly SampleEncoder? _encoder;
    readonly ChatTemplate? _template;

    internal ChatPrompts(Tokenizer tokenizer, InferArguments arguments, DateTime now)
    {
        (_tokenizer, _arguments, _now) = (tokenizer, arguments, now);
        IsPlain = arguments.UseChatTemplate == false || (arguments.Template is null && tokenizer.ChatTemplate is null);
        if (!IsPlain && arguments.Template is null)
        {
            Opening = arguments.ResponsePrefix ?? "";
            _template = ChatTemplate.Parse(tokenizer.ChatTemplate!, "the tokenizer's chat template");
            return;
        }
        Opening = arguments.ResponsePrefix ?? "";
        if (IsPlain)
        {
            IsSingleRound = true;
            return;
        }
        var named = SwiftTemplates.Get(arguments.Template!, now);
        var settings = new EncodeSettings { IsTraining = false, DefaultSystem = arguments.System, EnableThinking = arguments.EnableThinking, ResponsePrefix = arguments.ResponsePrefix };
        _encoder = new SampleEncoder(named, settings, TemplateTokenizer.Of(tokenizer));
        IsSingleRound = named.ChatSep is null;
        StopTexts = [.. named.Suffix.Where(static piece => piece.Role == PieceRole.Text).TakeLast(1).Select(static piece => piece.Text.Trim()), .. named.StopWords];
        Opening = arguments.ResponsePrefix ?? named.OpeningOfAnswer(arguments.EnableThinking);
    }

    /// <summary>Whether text goes to the model as it is.</summary>
    internal bool IsPlain { get; }

    /// <summary>Whether each question stands alone.</summary>
    internal bool IsSingleRound { get; }

    /// <summary>Texts that end an answer, after the template.</summary>
    internal IReadOnlyList<string> StopTexts { get; } = [];

    /// <summary>What is put before an answer, and belongs to it.</summary>
    internal string Opening { get; } = "";

    /// <summary>The tokens of a conversation whose answer is to come.</summary>
    /// <param name="row"><c>messages</c>, and perhaps <c>tools</c>.</param>
    /// <param name="where">Its name, for messages.</param>
    internal int[] Encode(JsonObject row, string where)
    {
        if (IsPlain) { return [.. TemplateTokenizer.Of(_tokenizer).Start, .. _tokenizer.EncodeIds(Plain(row) + _arguments.ResponsePrefix)]; }
        var element = JsonSerializer.SerializeToElement(row);
        if (_encoder is not null) { return _encoder.Encode(ChatSampleParser.Parse(element, where), where)[0].InputIds; }
        var rendered = _template!.Apply(new ChatRequest(Messages(row), _now)
        {
            Tools = element.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array ? tools : null,
            AddGenerationPrompt = true,
            Variables = Variables(),
        });
        return [.. _tokenizer.EncodeIds(rendered.Text + _arguments.ResponsePrefix)];
    }

    static string Plain(JsonObject row) => string.Concat(row["messages"]!.AsArray().Select(static message => (string?)message!["content"]));

    JsonElement Messages(JsonObject row)
    {
        var messages = (JsonArray)row["messages"]!.DeepClone();
        if (_arguments.System is { } system && (messages.Count == 0 || (string?)messages[0]!["role"] != "system")) { messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = system }); }
        return JsonSerializer.SerializeToElement(messages);
    }

    Dictionary<string, JsonElement> Variables()
    {
        var variables = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var special = _tokenizer.Config.Special;
        foreach (var (name, text) in (IEnumerable<(string, string?)>)[("bos_token", special.Bos), ("eos_token", special.Eos), ("pad_token", special.Pad), ("unk_token", special.Unk)])
        {
            if (text is not null) { variables.Add(name, JsonSerializer.SerializeToElement(text)); }
        }
        if (_arguments.EnableThinking is { } thinking) { variables.Add("enable_thinking", JsonSerializer.SerializeToElement(thinking)); }
        return variables;
    }
}
