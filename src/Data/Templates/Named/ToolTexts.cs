using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Ckpt.Data.Templates.Jinja;

namespace Ckpt.Data.Templates.Named;

/// <summary>Tools, calls and results as the tool styles write them (TPL-6.5).</summary>
static class ToolTexts
{
    const string HermesBegin = "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>\n";
    const string HermesEnd = "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>";
    const string LlamaBegin = "Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.\n\nRespond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}. Do not use variables.\n\n";

    /// <summary>The system text and the first question with the tools in one of them.</summary>
    internal static (string? System, string Question) Signatures(ToolStyle? style, IReadOnlyList<JsonElement> tools, string? system, string question, string where)
    {
        var texts = tools.Select(tool => JinjaJson.Dump(Wrapped(tool), where, style == ToolStyle.Llama3 ? "    " : null));
        return style switch
        {
            ToolStyle.Hermes => (system + HermesBegin + string.Join('\n', texts) + HermesEnd, question),
            ToolStyle.Llama3 => (system, LlamaBegin + string.Join("\n\n", texts) + "\n\n" + question),
            _ => throw Throw.NoStyle(where),
        };
    }

    /// <summary>What the assistant says to call.</summary>
    internal static string Calls(ToolStyle? style, IReadOnlyList<string> calls, string where) => style switch
    {
        ToolStyle.Hermes => string.Join('\n', calls.Select(call => $"<tool_call>\n{Call(call, "arguments", where)}\n</tool_call>")),
        ToolStyle.Llama3 => string.Join('\n', calls.Select(call => Call(call, "parameters", where))),
        _ => throw Throw.NoStyle(where),
    };

    /// <summary>The results as the pieces that stand in place of a question.</summary>
    internal static IReadOnlyList<TemplatePiece> Results(NamedTemplate template, IReadOnlyList<string> results, string where)
    {
        if (template.Tools == ToolStyle.Hermes)
        {
            var together = string.Join('\n', results.Select(result => $"<tool_response>\n{result}\n</tool_response>"));
            return [.. template.ChatSep ?? [], .. template.Prompt.Select(p => p with { Text = p.Text.Replace("{{QUERY}}", together, StringComparison.Ordinal) })];
        }
        if (template.Tools == ToolStyle.Llama3)
        {
            return ["<|eot_id|>", .. results.Select(result => TemplatePiece.FromString($"<|start_header_id|>tool<|end_header_id|>\n\n{result}<|eot_id|>")), "<|start_header_id|>assistant<|end_header_id|>\n\n"];
        }
        throw Throw.NoStyle(where);
    }

    static JinjaValue Wrapped(JsonElement tool)
    {
        var value = JinjaJsonValue.Of(tool);
        if (tool.TryGetProperty("type", out _) || tool.TryGetProperty("function", out _)) { return value; }
        var wrapped = new JinjaDict();
        wrapped.Items[new JinjaString("type")] = new JinjaString("function");
        wrapped.Items[new JinjaString("function")] = value;
        return wrapped;
    }

    /// <summary>A call's name and arguments as JSON, the arguments under the name that the style has for them.</summary>
    static string Call(string call, string argumentsName, string where)
    {
        using var document = Parsed(call, where);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("name", out var name)) { throw Throw.NoCall(where); }
        if (!root.TryGetProperty("arguments", out var arguments) && !root.TryGetProperty("parameters", out arguments)) { throw Throw.NoCall(where); }
        var dict = new JinjaDict();
        dict.Items[new JinjaString("name")] = JinjaJsonValue.Of(name);
        using var inner = arguments.ValueKind == JsonValueKind.String ? Parsed(arguments.GetString()!, where) : null;
        dict.Items[new JinjaString(argumentsName)] = JinjaJsonValue.Of(inner?.RootElement ?? arguments);
        return JinjaJson.Dump(dict, where);
    }

    static JsonDocument Parsed(string json, string where)
    {
        try { return JsonDocument.Parse(json); }
        catch (JsonException error) { throw Throw.NotJson(where, error); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception NoStyle(string where) => throw new UnsupportedDataException("TPL-6.6", where, "there are tools, but the template has no way to write them; use one that has, such as qwen3 or llama3");

        [DoesNotReturn]
        internal static Exception NoCall(string where) => throw new MalformedDataException("TPL-6.3", where, "a tool call has no name or no arguments");

        [DoesNotReturn]
        internal static Exception NotJson(string where, Exception inner) => throw new MalformedDataException("TPL-6.3", where, $"a tool call is not JSON: {inner.Message}", inner);
    }
}
