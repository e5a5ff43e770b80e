using System.Text.Json;
using Ckpt.Data;
using Ckpt.Data.Templates;
using Ckpt.Data.Templates.Named;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Templates;

/// <summary>What holds for every template and every sample.</summary>
public sealed class TemplateLawTests
{
    static readonly TemplateLimits s_small = new(50_000, 1 << 20, 1 << 18);

    static readonly TemplateTokenizer s_characters = new(text => [.. text.Select(c => (int)c)], 1, 2, "\u0002", [], []);

    [Fact, Clause("TPL-3.2"), Clause("TPL-3.3")]
    public void AMutatedTemplateIsRefusedOrRendersInBoundedWork()
    {
        var sources = Sources();
        string[] words = ["{{", "}}", "{%", "%}", "-", "|", "(", ")", "[", "]", "'", "\"", "for x in ", "endfor", "if ", "else", " * 99999999", "~", ".", "**", "loop", "{#", "\\", "is ", "not ", "\n", "namespace()", "range(99999)", "recursive", "9", "é😀", "{% raw %}", "{% endraw %}", "macro m()", "endmacro", "m()", "|tojson(indent=9)", "|join", "[::-1]"];
        var mutations =
            from source in Gen.Elements(sources)
            from cuts in Gen.ListOf(Gen.Zip(Gen.Choose(0, 1 << 20), Gen.Zip(Gen.Choose(0, 40), Gen.Elements(words))))
            select cuts.Take(6).Aggregate(source, (text, cut) =>
            {
                var at = cut.Item1 % (text.Length + 1);
                return text[..at] + cut.Item2.Item2 + text[Math.Min(at + cut.Item2.Item1, text.Length)..];
            });
        var context = JsonDocument.Parse("""{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "<think>\na\n</think>\n\nb", "tool_calls": [{"name": "f", "arguments": {"a": 1}}]}], "x": [3, 1, 2], "m": "é😀"}""")
            .RootElement.EnumerateObject().ToDictionary(v => v.Name, v => v.Value);

        Law.Holds(mutations, source =>
        {
            try { return ChatTemplate.Parse(source, "mutated").Render(context, RenderingVectors.Now, s_small).Text.Length <= s_small.MaxOutput; }
            catch (DataFormatException error) { return error.Message.Length < 2000; }
        }, 1000);
    }

    [Fact, Clause("TPL-4.1")]
    public void GenerationRangesCutOutWhatTheAssistantSaid()
    {
        const string Source = "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
        var template = ChatTemplate.Parse(Source, "ours");
        var contents = Gen.ListOf(Gen.Elements("a", "", "é😀", "<x>", "line\nline", "{{ x }}"));

        Law.Holds(contents, said =>
        {
            var messages = JsonSerializer.SerializeToElement(said.Select((content, i) => new { role = i % 2 == 0 ? "user" : "assistant", content }));
            var rendered = template.Render(new ChatRequest(messages, RenderingVectors.Now));
            var answers = said.Where((_, i) => i % 2 == 1).ToList();
            return answers.SequenceEqual(rendered.Generations.Select(g => rendered.Text[g.Start..g.End]));
        });
    }

    [Fact, Clause("TPL-4.2")]
    public void ToJsonReadsBackAsWhatItWasGiven()
    {
        var template = ChatTemplate.Parse("{{ x | tojson(indent=n) }}", "ours");
        var values = Gen.ListOf(Gen.Elements("a\"b", "\\", "\n\t\u0001", "é😀", "<&'>", "", "\u007f")).Select(strings => JsonSerializer.SerializeToElement(strings.Select((s, i) => new Dictionary<string, object?> { [s] = i % 3 == 0 ? s : i % 3 == 1 ? i * 0.1 : null })));

        Law.Holds(Gen.Zip(values, Gen.Choose(0, 3)), c =>
        {
            var text = template.Render(new Dictionary<string, JsonElement> { ["x"] = c.Item1, ["n"] = JsonSerializer.SerializeToElement(c.Item2) }, RenderingVectors.Now).Text;
            using var back = JsonDocument.Parse(text);
            return JsonElement.DeepEquals(back.RootElement, c.Item1);
        });
    }

    [Fact, Clause("TPL-8.1"), Clause("TPL-7.1")]
    public void SegmentsAreTheSampleAndLabelsAreItsTokens()
    {
        string[] scales = ["default", "last_round", "all", "ignore_empty_think", "last_round+hermes", "react+ignore_think_prefix", "all+alpha_umi", "qwen"];
        string[] texts = ["x", "<think>\n\n</think>\n\ny", "Action: a\nAction Input: b", "<tool_call>\nq\n</tool_call>", "✿ARGS✿: 1", "", "<think>\nr</think>z"];
        var cases =
            from name in Gen.Elements(SwiftTemplates.Names.Where(n => n != "llama"))
            from scale in Gen.Elements(scales)
            from said in Gen.Elements(texts).ArrayOf(4)
            select (name, scale, said);

        Law.Holds(cases, c =>
        {
            var sample = new ChatSample(null, [new("user", c.said[0]), new("assistant", c.said[1]), new("user", c.said[2]), new("assistant", c.said[3])], []);
            var template = SwiftTemplates.Get(c.name, RenderingVectors.Now);
            var settings = new EncodeSettings { LossScale = LossScale.Parse(c.scale) };
            var unweighted = SamplePlan.Of(sample, template, settings with { LossScale = LossScale.Parse(c.scale.Split('+')[0] is "last_round" or "all" ? c.scale.Split('+')[0] : "default") }, s_characters, "law");
            var segments = SamplePlan.Of(sample, template, settings, s_characters, "law");
            var encoded = Assert.Single(new SampleEncoder(template, settings, s_characters).Encode(sample, "law"));
            return string.Concat(segments.Select(s => s.Text)) == string.Concat(unweighted.Select(s => s.Text))
                && encoded.Labels!.Zip(encoded.InputIds).All(p => p.First == EncodedSample.NoLabel || p.First == p.Second)
                && encoded.Labels![0] == EncodedSample.NoLabel;
        });
    }

    [Fact, Clause("TPL-8.4")]
    public void SplitPartsAreTheWhole()
    {
        var cases = from length in Gen.Choose(1, 50) from most in Gen.Choose(1, 20) select (length, most);

        Law.Holds(cases, c =>
        {
            int[] ids = [.. Enumerable.Range(0, c.length)];
            var sample = new EncodedSample(ids, [.. ids.Select((id, i) => i == 0 ? EncodedSample.NoLabel : id)], null);
            var parts = Truncation.Apply(sample, c.most, TruncationStrategy.Split);
            var left = Assert.Single(Truncation.Apply(sample, c.most, TruncationStrategy.Left));
            var right = Assert.Single(Truncation.Apply(sample, c.most, TruncationStrategy.Right));
            return parts.SelectMany(p => p.InputIds).SequenceEqual(ids) && parts.All(p => p.InputIds.Length <= c.most && p.Labels![0] == EncodedSample.NoLabel)
                && left.InputIds.SequenceEqual(ids.TakeLast(c.most)) && right.InputIds.SequenceEqual(ids.Take(c.most))
                && (Truncation.Apply(sample, c.most, TruncationStrategy.Delete).Count == 0) == (c.length > c.most);
        });
    }

    static string[] Sources()
    {
        var sources = new List<string>();
        foreach (var path in Directory.EnumerateFiles(Repository.Vector("templates", "renderings")).Order(StringComparer.Ordinal))
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            sources.Add(file.RootElement.GetProperty("chat_template").GetString()!);
        }
        using var snippets = RenderingVectors.Open("jinja_conformance.json");
        sources.AddRange(snippets.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("template").GetString()!));
        return [.. sources];
    }
}
