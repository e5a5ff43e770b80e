using System.Text.Json;
using Ckpt.Cli.Flags;
using Ckpt.Data.Templates;
using Ckpt.Data.Templates.Named;
using Ckpt.Data.Tokenizers;

namespace Ckpt.Cli.Looking;

/// <summary>A conversation as a model gets it.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Mask">For each, whether it is trained on; null where the template does not say.</param>
/// <param name="Notes">What the user should know of it.</param>
sealed record ChatTokens(IReadOnlyList<int> Ids, IReadOnlyList<bool>? Mask, IReadOnlyList<string> Notes)
{
    /// <summary>Encodes the first conversation of a file: a list of messages, or a row with <c>messages</c> and perhaps <c>tools</c>.</summary>
    internal static ChatTokens Of(Tokenizer tokenizer, string file, ChatOptions options)
    {
        using var document = Read(file);
        return Of(tokenizer, document.RootElement.ValueKind == JsonValueKind.Array ? Wrapped(document.RootElement) : document.RootElement, file, options);
    }

    /// <summary>Encodes a row with <c>messages</c> and perhaps <c>tools</c>.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="row">The row.</param>
    /// <param name="file">Where it is from, for messages.</param>
    /// <param name="options">How.</param>
    internal static ChatTokens Of(Tokenizer tokenizer, JsonElement row, string file, ChatOptions options)
    {
        return options.Template is { } name ? ByName(tokenizer, row, file, name, options) : ByTokenizer(tokenizer, row, file, options);
    }

    static ChatTokens ByName(Tokenizer tokenizer, JsonElement row, string file, string name, ChatOptions options)
    {
        var settings = new EncodeSettings
        {
            IsTraining = !options.AddGenerationPrompt,
            LossScale = LossScale.Parse(options.LossScale ?? "default"),
            EnableThinking = options.EnableThinking,
        };
        var encoder = new SampleEncoder(SwiftTemplates.Get(name, options.Now), settings, TemplateTokenizer.Of(tokenizer));
        var sample = encoder.Encode(ChatSampleParser.Parse(row, file), file)[0];
        return new ChatTokens(sample.InputIds, sample.Labels is { } labels ? [.. labels.Select(static l => l != EncodedSample.NoLabel)] : null, []);
    }

    static ChatTokens ByTokenizer(Tokenizer tokenizer, JsonElement row, string file, ChatOptions options)
    {
        if (tokenizer.ChatTemplate is not { } source) { throw new UsageException("TOK-10.4", "--chat", "the tokenizer has no chat template; name one with --template"); }
        if (options.LossScale is not null) { throw new UsageException("TOK-10.4", "--loss_scale", "belongs to a named template; give --template"); }
        var variables = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, text) in (IEnumerable<(string, string?)>)[("bos_token", tokenizer.Config.Special.Bos), ("eos_token", tokenizer.Config.Special.Eos), ("pad_token", tokenizer.Config.Special.Pad), ("unk_token", tokenizer.Config.Special.Unk)])
        {
            if (text is not null) { variables.Add(name, JsonSerializer.SerializeToElement(text)); }
        }
        if (options.EnableThinking is { } thinking) { variables.Add("enable_thinking", JsonSerializer.SerializeToElement(thinking)); }
        var rendered = ChatTemplate.Parse(source, $"{file}: chat template").Render(new ChatRequest(row.GetProperty("messages"), options.Now)
        {
            Tools = row.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array ? tools : null,
            AddGenerationPrompt = options.AddGenerationPrompt,
            Variables = variables,
        });
        var encoding = tokenizer.Encode(rendered.Text, new EncodeOptions { AddSpecialTokens = false });
        return rendered.Generations.Count == 0
            ? new ChatTokens(encoding.Ids, null, ["the tokenizer's template does not mark what is trained on; --template NAME shows a loss mask"])
            : new ChatTokens(encoding.Ids, MaskOf(rendered, encoding), []);
    }

    /// <summary>A token is trained on where its first character lies in what the assistant generated, as transformers counts it.</summary>
    static bool[] MaskOf(RenderedChat rendered, TokenEncoding encoding)
    {
        // Offsets count characters, ranges UTF-16 units.
        var units = new List<int>(rendered.Text.Length + 1);
        for (var i = 0; i < rendered.Text.Length; i += char.IsSurrogatePair(rendered.Text, i) ? 2 : 1) { units.Add(i); }
        units.Add(rendered.Text.Length);
        return [.. encoding.Offsets.Select(o => rendered.Generations.Any(g => units[o.Start] >= g.Start && units[o.Start] < g.End))];
    }

    static JsonDocument Read(string file)
    {
        var text = file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);
        try { return JsonDocument.Parse(text); }
        catch (JsonException)
        {
            // Lines of rows: the first one.
            try { return JsonDocument.Parse(text.AsMemory(0, Math.Max(0, text.IndexOf('\n', StringComparison.Ordinal)))); }
            catch (JsonException error) { throw new UsageException("TOK-10.4", "--chat", $"{file} holds neither JSON nor lines of it: {error.Message}"); }
        }
    }

    static JsonElement Wrapped(JsonElement messages)
    {
        if (messages.GetArrayLength() > 0 && messages[0].ValueKind == JsonValueKind.Object && messages[0].TryGetProperty("messages", out _)) { return messages[0]; }
        return JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { ["messages"] = messages });
    }
}

/// <summary>How a conversation is encoded.</summary>
/// <param name="Template">A named template; null for the tokenizer's own.</param>
/// <param name="LossScale">What is trained on, for a named template.</param>
/// <param name="EnableThinking">Whether the model shall think; null leaves it to the template.</param>
/// <param name="AddGenerationPrompt">Whether the answer is opened and left open.</param>
/// <param name="Now">The time that templates tell.</param>
readonly record struct ChatOptions(string? Template, string? LossScale, bool? EnableThinking, bool AddGenerationPrompt, DateTime Now);
