using System.Text.Json;
using Ckpt.Data.Templates.Jinja;

namespace Ckpt.Data.Templates;

/// <summary>
/// The Jinja template of a tokenizer's configuration: inert, bounded in work, and rendered as transformers 5 does
/// (<c>render_jinja_template</c> over jinja2 3.1). Parsed once, rendered any number of times, by any number of threads.
/// </summary>
public sealed class ChatTemplate
{
    readonly JinjaStatement[] _body;
    readonly string _source;
    readonly string _where;

    ChatTemplate(JinjaStatement[] body, string source, string where) => (_body, _source, _where) = (body, source, where);

    /// <summary>Parses a template; a fault of its text is a <see cref="TemplateException"/>.</summary>
    public static ChatTemplate Parse(string source, string where) => new(JinjaParser.Parse(source, where), source, where);

    /// <summary>Renders a conversation. What jinja2 or the template refuses is a <see cref="TemplateException"/> of the same class.</summary>
    public RenderedChat Render(ChatRequest request, TemplateLimits? limits = null)
    {
        var run = new JinjaRun(_where, limits ?? TemplateLimits.Default, request.Now);
        var messages = JinjaJsonValue.Of(request.Messages);
        var continued = request.ContinueFinalMessage is null ? null : ContinuedMessage.Open(messages, request.ContinueFinalMessage, _source, _where);
        var variables = new Dictionary<string, JinjaValue>(StringComparer.Ordinal)
        {
            ["messages"] = continued?.Messages ?? messages,
            ["tools"] = Optional(request.Tools),
            ["documents"] = Optional(request.Documents),
            ["add_generation_prompt"] = JinjaBool.Of(request.AddGenerationPrompt),
        };
        foreach (var (name, value) in request.Variables) { variables.TryAdd(name, JinjaJsonValue.Of(value)); }
        var rendered = JinjaInterpreter.Render(_body, variables, run);
        return continued is null ? rendered : continued.Close(rendered, _where);
    }

    /// <summary>
    /// Renders as a tokenizer's <c>apply_chat_template</c> does: a conversation without messages, and one that both goes on and opens an
    /// answer, are refused before the template is asked (TPL-5.3).
    /// </summary>
    public RenderedChat Apply(ChatRequest request, TemplateLimits? limits = null)
    {
        if (request.Messages.ValueKind == JsonValueKind.Array && request.Messages.GetArrayLength() == 0)
        {
            throw new TemplateException("TPL-5.3", "IndexError", _where, "the conversation has no messages");
        }
        if (request.AddGenerationPrompt && request.ContinueFinalMessage is not null)
        {
            throw new TemplateException("TPL-5.3", "ValueError", _where, "the last message cannot go on when an answer is opened behind it");
        }
        return Render(request, limits);
    }

    /// <summary>Renders a template with these variables and nothing else: what <c>Template.render(**variables)</c> does.</summary>
    public RenderedChat Render(IReadOnlyDictionary<string, JsonElement> variables, DateTime now, TemplateLimits? limits = null) =>
        JinjaInterpreter.Render(_body, variables.Select(v => KeyValuePair.Create(v.Key, JinjaJsonValue.Of(v.Value))), new JinjaRun(_where, limits ?? TemplateLimits.Default, now));

    static JinjaValue Optional(JsonElement? element) => element is { } value ? JinjaJsonValue.Of(value) : JinjaNone.Instance;
}
