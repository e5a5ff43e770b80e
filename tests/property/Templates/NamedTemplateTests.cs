using System.Text.Json;
using Ckpt.Data;
using Ckpt.Data.Templates;
using Ckpt.Data.Templates.Named;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Templates;

/// <summary>Named templates, samples and loss scales where no vector says what must come: from the published tables.</summary>
public sealed class NamedTemplateTests
{
    const int Eos = 7;

    /// <summary>A token a character, and marks in angle brackets as one token each.</summary>
    static readonly TemplateTokenizer s_tokenizer = new(Encode, 6, Eos, null, [], []);

    static readonly ChatSample s_two = new(null, [new("user", "q"), new("assistant", "a"), new("user", "r"), new("assistant", "b")], []);

    [Theory, Clause("TPL-9.1")]
    [InlineData("default", "Human: q\nAssistant:", "a§", "\nHuman: r\nAssistant:", "b§")]
    [InlineData("empty", "q", "a", "r", "b")]
    [InlineData("alpaca", "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nq\n\n### Response:\n", "a§", "\n\n### Instruction:\nr\n\n### Response:\n", "b§")]
    [InlineData("mistral", "¶[INST] q [/INST]", "a§", "[INST] r [/INST]", "b§")]
    [InlineData("llama2", "¶[INST] q [/INST]", "a§", "¶[INST] r [/INST]", "b§")]
    [InlineData("deepseek2", "¶User: q\n\nAssistant:", "a§", "User: r\n\nAssistant:", "b§")]
    [InlineData("deepseek3", "¶<｜User｜>q<｜Assistant｜>", "a§", "<｜User｜>r<｜Assistant｜>", "b§")]
    [InlineData("qwen_lf", "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n", "a<|im_end|>\n", "<|im_start|>user\nr<|im_end|>\n<|im_start|>assistant\n", "b<|im_end|>\n")]
    [InlineData("qwen3", "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", "a<|im_end|>\n", "<|im_start|>user\nr<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", "b<|im_end|>\n")]
    public void MindSpeedsSlotsAreQuestionsWithoutAndAnswersWithALoss(string name, params string[] parts)
    {
        var encoded = new MindSpeedEncoder(MindSpeedTemplates.Get(name), 1000, null, s_tokenizer).Encode(s_two, "sample");

        Assert.Equal(string.Concat(parts), Text(encoded.InputIds));
        Assert.Equal(parts[1] + parts[3], Text(encoded.Labels!.Where(l => l != EncodedSample.NoLabel)));
    }

    [Fact, Clause("TPL-9.1")]
    public void AnEfficientEndIsLearntFromTheNextTurn()
    {
        var encoded = new MindSpeedEncoder(MindSpeedTemplates.Get("gemma"), 1000, null, s_tokenizer).Encode(s_two, "sample");

        Assert.Equal("¶<start_of_turn>user\nq<end_of_turn>\n<start_of_turn>model\na<end_of_turn>\n<start_of_turn>user\nr<end_of_turn>\n<start_of_turn>model\nb§", Text(encoded.InputIds));
        Assert.Equal("a§b§", Text(encoded.Labels!.Where(l => l != EncodedSample.NoLabel)));
    }

    // 100 tokens asked, 100 answered, 40 allowed: half of each; and one fewer where LlamaFactory's engine keeps room for an end.
    [Theory, Clause("TPL-9.3")]
    [InlineData("empty", 100, 100, 40, 20, 20)]
    [InlineData("empty", 5, 100, 40, 2, 38)]
    [InlineData("empty", 100, 5, 40, 39, 1)]
    public void PairsAreCutInProportion(string name, int asked, int answered, int most, int source, int target)
    {
        var sample = new ChatSample(null, [new("user", new string('q', asked)), new("assistant", new string('a', answered))], []);
        var encoded = new MindSpeedEncoder(MindSpeedTemplates.Get(name), most, null, s_tokenizer).Encode(sample, "sample");

        Assert.Equal(new string('q', source) + new string('a', target), Text(encoded.InputIds));
    }

    // infer_seqlen: a short answer stays whole, then a short question, else both in proportion; 39 of 40 tokens are given out.
    [Theory, Clause("TPL-9.3")]
    [InlineData(100, 5, 34, 5)]
    [InlineData(5, 100, 5, 34)]
    [InlineData(100, 100, 20, 19)]
    public void LlamaFactorysPairsAreCutByTheShorterSide(int asked, int answered, int source, int target)
    {
        var template = MindSpeedTemplates.Get("empty") with { Kind = MindSpeedKind.LlamaFactory };
        var sample = new ChatSample(null, [new("user", new string('q', asked)), new("assistant", new string('a', answered))], []);

        Assert.Equal(new string('q', source) + new string('a', target), Text(new MindSpeedEncoder(template, 40, null, s_tokenizer).Encode(sample, "sample").InputIds));
    }

    [Theory, Clause("TPL-9.4")]
    [InlineData(null, "a", "<think>\n\n</think>\n\n|a")]
    [InlineData(true, "a", "|<think>\n\n</think>\n\na")]
    [InlineData(false, "a", "<think>\n\n</think>\n\n|a")]
    [InlineData(null, "<think>\nt\n</think>\n\na", "|<think>\nt\n</think>\n\na")]
    [InlineData(true, "<think>\nt\n</think>\n\na", "|<think>\nt\n</think>\n\na")]
    [InlineData(false, "<think>\nt\n</think>\n\na", "<think>\n\n</think>\n\n|a")]
    public void ThoughtsGoInAndOutAsAsked(bool? thinks, string answer, string expected)
    {
        var template = MindSpeedTemplates.Get("qwen3") with { User = ["{{content}}"], Assistant = ["{{content}}"] };
        var encoded = new MindSpeedEncoder(template, 1000, thinks, s_tokenizer).Encode(new ChatSample(null, [new("user", ""), new("assistant", answer)], []), "sample");
        var source = encoded.Labels!.TakeWhile(l => l == EncodedSample.NoLabel).Count();

        Assert.Equal(expected, Text(encoded.InputIds[..source]) + "|" + Text(encoded.InputIds[source..]));
    }

    [Theory, Clause("TPL-9.2"), Clause("TPL-6.2")]
    [InlineData("")]
    [InlineData("Qwen3")]
    public void UnknownNamesAreRefusedWithTheKnownOnes(string name)
    {
        var swift = Assert.Throws<UnsupportedDataException>(() => SwiftTemplates.Get(name, RenderingVectors.Now));
        var mindSpeed = Assert.Throws<UnsupportedDataException>(() => MindSpeedTemplates.Get(name));

        Assert.Equal(("TPL-6.2", "TPL-9.2"), (swift.Clause, mindSpeed.Clause));
        Assert.Contains("qwen3", swift.Message, StringComparison.Ordinal);
        Assert.Contains("alpaca", mindSpeed.Message, StringComparison.Ordinal);
    }

    [Theory, Clause("TPL-9.5"), Clause("TPL-6.3")]
    [InlineData("TPL-9.5", "magistral", """{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}""")]
    [InlineData("TPL-9.5", "qwen3", """{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "tools": [{"name": "f"}]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "assistant", "content": "a"}]}""")]
    public void MindSpeedRefusesWhatItsTablesDoNotSay(string clause, string name, string row)
    {
        using var json = JsonDocument.Parse(row);
        var sample = ChatSampleParser.Parse(json.RootElement, "row");

        Assert.Equal(clause, Assert.ThrowsAny<DataFormatException>(() => new MindSpeedEncoder(MindSpeedTemplates.Get(name), 100, null, s_tokenizer).Encode(sample, "row")).Clause);
    }

    [Theory, Clause("TPL-6.3"), Clause("TPL-6.4"), Clause("TPL-6.6"), Clause("TPL-6.7"), Clause("TPL-8.3")]
    [InlineData("TPL-6.3", "qwen3", "{}")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": []}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [7]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "critic", "content": "x"}]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "user", "content": 7}]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "tool", "content": "x"}]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "user", "content": "x"}, {"role": "tool_call", "content": "not json"}]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "user", "content": "x"}, {"role": "tool_call", "content": "{}"}]}""")]
    [InlineData("TPL-6.3", "qwen3", """{"messages": [{"role": "user", "content": "x"}], "tools": "["}""")]
    [InlineData("TPL-6.4", "qwen3", """{"messages": [{"role": "user", "content": [{"type": "image"}]}]}""")]
    [InlineData("TPL-6.6", "chatml", """{"messages": [{"role": "user", "content": "x"}], "tools": [{"name": "f"}]}""")]
    [InlineData("TPL-6.7", "dummy", """{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "x"}]}""")]
    [InlineData("TPL-6.7", "llama", """{"messages": [{"role": "user", "content": "x"}]}""")]
    [InlineData("TPL-8.3", "deepseek", """{"messages": [{"role": "user", "content": "x"}]}""")]
    public void SamplesThatCannotBeWrittenAreRefused(string clause, string name, string row)
    {
        using var json = JsonDocument.Parse(row);
        var bare = s_tokenizer with { Bos = null, Eos = null };
        var error = Assert.ThrowsAny<DataFormatException>(() =>
            new SampleEncoder(SwiftTemplates.Get(name, RenderingVectors.Now), new EncodeSettings(), name == "deepseek" ? bare : s_tokenizer).Encode(ChatSampleParser.Parse(json.RootElement, "row"), "row"));

        Assert.Equal(clause, error.Clause);
    }

    [Theory, Clause("TPL-7.1"), Clause("TPL-7.3")]
    [InlineData("", "TPL-7.1")]
    [InlineData("hermes+last_round", "TPL-7.1")]
    [InlineData("default+", "TPL-7.1")]
    [InlineData("agentflan", "TPL-7.3")]
    public void LossScalesOutsideTheGrammarAreRefused(string text, string clause) =>
        Assert.Equal(clause, Assert.ThrowsAny<DataFormatException>(() => LossScale.Parse(text)).Clause);

    // A word's own weight, then the weight of what follows; the tables multiply.
    [Fact, Clause("TPL-7.2")]
    public void WeightsOfTablesMultiply()
    {
        var sample = new ChatSample(null, [new("user", "q"), new("assistant", "Thought: t\nAction: <tool_call>c</tool_call>Observation: o")], []);
        var settings = new EncodeSettings { LossScale = LossScale.Parse("react+hermes") };
        var segments = SamplePlan.Of(sample, SwiftTemplates.Get("chatml", RenderingVectors.Now), settings, s_tokenizer, "row");

        Assert.Equal(
            [("<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n", 0), ("Thought: t\n", 1), ("Action: ", 2), ("<tool_call>c</tool_call>", 4), ("Observation:", 2), (" o", 0), ("<|im_end|>\n", 1)],
            segments.Select(s => (s.Text, s.Weight)));
    }

    [Fact, Clause("TPL-5.3")]
    public void ATokenizersTemplateIsNotAskedWhatCannotBe()
    {
        var template = ChatTemplate.Parse("{{ messages[0].content }}", "ours");
        var empty = new ChatRequest(JsonSerializer.SerializeToElement(Array.Empty<int>()), RenderingVectors.Now);
        var torn = new ChatRequest(JsonSerializer.SerializeToElement(new[] { new { content = "x" } }), RenderingVectors.Now) { AddGenerationPrompt = true, ContinueFinalMessage = "content" };

        Assert.Equal("IndexError", Assert.Throws<TemplateException>(() => template.Apply(empty)).ErrorClass);
        Assert.Equal("ValueError", Assert.Throws<TemplateException>(() => template.Apply(torn)).ErrorClass);
    }

    [Theory, Clause("TPL-5.1"), Clause("TPL-5.2")]
    [InlineData("{{ messages[0].content }}!", "x ", "x ")]
    [InlineData("{{ messages[0].content | trim }}!", "x ", "x")]
    [InlineData("{{ messages[0].content | upper }}", "x", null)]
    [InlineData("{{ messages | length }}", "x", null)]
    [InlineData("{{ messages[0].content }}", null, null)]
    public void AMessageThatGoesOnEndsTheText(string source, string? content, string? expected)
    {
        var request = new ChatRequest(JsonSerializer.SerializeToElement(new[] { new { content } }), RenderingVectors.Now) { ContinueFinalMessage = "content" };
        var template = ChatTemplate.Parse(source, "ours");

        if (expected is not null) { Assert.Equal(expected, template.Render(request).Text); }
        else { Assert.Equal("ValueError", Assert.Throws<TemplateException>(() => template.Render(request)).ErrorClass); }
    }

    [Fact, Clause("TPL-1.3"), Clause("TPL-2.6")]
    public void TemplatesThatAreTooLongOrEscapeHtmlAreRefused()
    {
        Assert.Equal("TPL-1.3", Assert.ThrowsAny<DataFormatException>(() => ChatTemplate.Parse(new string('x', TemplateLimits.MaxSource + 1), "ours")).Clause);
        Assert.Equal("TPL-2.6", Assert.ThrowsAny<DataFormatException>(() => ChatTemplate.Parse("{% autoescape true %}{% endautoescape %}", "ours")).Clause);
    }

    static IReadOnlyList<int> Encode(string text)
    {
        // <|im_end|> is one token, so that it can be asked for as one.
        return [.. text.Replace("<|im_end|>", "\u0003", StringComparison.Ordinal).Select(c => (int)c)];
    }

    static string Text(IEnumerable<int> ids) => string.Concat(ids.Select(id => id switch { 3 => "<|im_end|>", 6 => "¶", Eos => "§", _ => ((char)id).ToString() }));
}
