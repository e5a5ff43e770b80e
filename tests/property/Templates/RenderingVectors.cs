using System.Text.Json;
using Ckpt.Data;
using Ckpt.Data.Templates;
using Ckpt.Kit;

namespace Ckpt.PropertyTests.Templates;

/// <summary>What transformers made of templates: files of conversations, and of snippets.</summary>
static class RenderingVectors
{
    /// <summary>The time that the vectors were made at.</summary>
    internal static DateTime Now { get; } = new(2024, 7, 26, 12, 34, 56);

    internal static JsonDocument Open(params string[] parts) => JsonDocument.Parse(File.ReadAllBytes(Repository.Vector(["templates", .. parts])));

    /// <summary>The cases of a file that do not come out as transformers has them.</summary>
    internal static List<string> Faults(JsonElement file, string name)
    {
        var template = ChatTemplate.Parse(file.GetProperty("chat_template").GetString()!, name);
        var tokens = file.GetProperty("special_tokens").EnumerateObject().ToDictionary(t => t.Name, t => t.Value);
        // The templates of tokenizers were applied by them; the others have no tokenizer, and were rendered.
        var isTokenizers = name is "qwen3" or "deepseek_v3";
        var faults = new List<string>();
        var number = 0;
        foreach (var row in file.GetProperty("cases").EnumerateArray())
        {
            var (expected, actual) = (Expected(row), Actual(() => isTokenizers ? template.Apply(Request(file, row, tokens)).Text : template.Render(Request(file, row, tokens)).Text));
            if (expected != actual) { faults.Add($"{name} {number} {row.GetProperty("conversation")} {row.GetProperty("args")}:\n  expected {expected}\n  but was  {actual}"); }
            if (row.TryGetProperty("generation_indices", out var indices)) { faults.AddRange(RangeFaults(template.Render(Request(file, row, tokens)), indices, $"{name} {number}")); }
            number++;
        }
        return faults;
    }

    /// <summary>The text, or the class of the error.</summary>
    internal static string Actual(Func<string> render)
    {
        try { return "text " + render(); }
        catch (TemplateException error) { return "error " + error.ErrorClass; }
        catch (DataFormatException error) { return "refused " + error.Message; }
    }

    /// <summary>The vectors count code points.</summary>
    static IEnumerable<string> RangeFaults(RenderedChat rendered, JsonElement indices, string where)
    {
        var actual = rendered.Generations.Select(g => rendered.Text[..g.Start].EnumerateRunes().Count() + "," + rendered.Text[..g.End].EnumerateRunes().Count());
        var expected = indices.EnumerateArray().Select(range => range[0] + "," + range[1]);
        return actual.SequenceEqual(expected) ? [] : [$"{where}: {string.Join(' ', expected)} but was {string.Join(' ', actual)}"];
    }

    static string Expected(JsonElement row) => row.TryGetProperty("text", out var text) ? "text " + text.GetString() : "error " + row.GetProperty("error").GetString();

    static ChatRequest Request(JsonElement file, JsonElement row, Dictionary<string, JsonElement> tokens)
    {
        var conversation = row.GetProperty("conversation").GetString()!;
        var request = new ChatRequest(file.GetProperty("conversations").GetProperty(conversation), Now);
        if (row.GetProperty("tools").GetBoolean()) { request = request with { Tools = file.GetProperty("tools").GetProperty(conversation) }; }
        var variables = new Dictionary<string, JsonElement>(tokens);
        foreach (var argument in row.GetProperty("args").EnumerateObject())
        {
            switch (argument.Name)
            {
                case "add_generation_prompt": request = request with { AddGenerationPrompt = argument.Value.GetBoolean() }; break;
                case "continue_final_message": request = request with { ContinueFinalMessage = "content" }; break;
                default: variables[argument.Name] = argument.Value; break;
            }
        }
        return request with { Variables = variables };
    }
}
