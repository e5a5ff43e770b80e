using System.Text.Json;
using Ckpt.Data.Templates;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Templates;

/// <summary>Snippets and whole conversations as transformers' own environment renders them.</summary>
public sealed class ConformanceTests
{
    [Fact, Clause("TPL-1.1"), Clause("TPL-1.2"), Clause("TPL-1.5"), Clause("TPL-2.1"), Clause("TPL-2.2"), Clause("TPL-2.3"), Clause("TPL-2.4"), Clause("TPL-2.5"), Clause("TPL-3.1"), Clause("TPL-4.1"), Clause("TPL-4.2"), Clause("TPL-4.3"), Clause("TPL-4.4")]
    public void EverySnippetComesOutAsJinja2HasIt()
    {
        using var file = RenderingVectors.Open("jinja_conformance.json");
        var context = file.RootElement.GetProperty("context").EnumerateObject().ToDictionary(v => v.Name, v => v.Value);
        var faults = new List<string>();
        var count = 0;
        foreach (var row in file.RootElement.GetProperty("cases").EnumerateArray())
        {
            var source = row.GetProperty("template").GetString()!;
            var ranges = "";
            var actual = RenderingVectors.Actual(() =>
            {
                var rendered = ChatTemplate.Parse(source, "snippet").Render(context, RenderingVectors.Now);
                ranges = JsonSerializer.Serialize(rendered.Generations.Select(g => new[] { g.Start, g.End }));
                return rendered.Text;
            });
            var expected = row.TryGetProperty("output", out var output) ? "text " + output.GetString() : "error " + row.GetProperty("error").GetString();
            if (expected != actual) { faults.Add($"{count} {source}\n  expected {expected}\n  but was  {actual}"); }
            if (row.TryGetProperty("generation_indices", out var indices) && JsonSerializer.Serialize(indices) != ranges) { faults.Add($"{count} {source}: {indices} but was {ranges}"); }
            count++;
        }
        Assert.Equal(254, count);
        Faults.None(faults);
    }

    [Theory, Clause("TPL-5.1"), Clause("TPL-5.2"), Clause("TPL-4.2")]
    [InlineData("deepseek_r1")]
    [InlineData("deepseek_v3")]
    [InlineData("deepseek_v31")]
    [InlineData("glm4_9b")]
    [InlineData("mistral_7b")]
    [InlineData("mistral_small_24b")]
    [InlineData("qwen2_5")]
    [InlineData("qwen3")]
    [InlineData("qwen3_coder")]
    [InlineData("qwen3_next")]
    [InlineData("own_tools")]
    [InlineData("own_turns")]
    [InlineData("own_masks")]
    public void EveryConversationComesOutAsTransformersHasIt(string name)
    {
        using var file = RenderingVectors.Open("renderings", name + ".json");
        Faults.None(RenderingVectors.Faults(file.RootElement, name));
    }

}
