using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ckpt.Data.Templates.Named;

/// <summary>The templates of ms-swift by name (<c>--template</c>), as its registry of 4.6 has them (TPL-6.1).</summary>
public static class SwiftTemplates
{
    const string Helpful = "You are a helpful assistant.";
    const string NoThought = "<think>\n\n</think>\n\n";

    static readonly Dictionary<string, NamedTemplate> s_all = new NamedTemplate[]
    {
        new("default", [], ["### Human:\n{{QUERY}}\n\n### Assistant:\n"], ["\n\n"], [TemplatePiece.Eos])
            { SystemPrefix = ["{{SYSTEM}}\n\n"], DefaultSystem = Helpful, AddsTokenizerEnds = true },
        new("dummy", [], ["{{QUERY}}"], null, [TemplatePiece.Eos]) { AddsTokenizerEnds = true },
        Chatml("chatml") with { AddsTokenizerEnds = true, StopWords = [], Tools = null },
        Chatml("qwen") with { DefaultSystem = Helpful },
        Chatml("qwen2_5") with { DefaultSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant." },
        Chatml("qwen2_5_math") with { DefaultSystem = "Please reason step by step, and put your final answer within \\boxed{}." },
        Chatml("qwq_preview") with { DefaultSystem = "You are a helpful and harmless assistant. You are Qwen developed by Alibaba. You should think step-by-step." },
        Chatml("qwq") with { IsThinking = true, ThinkingPrefix = "<think>\n" },
        Chatml("qwen3") with { IsThinking = true, NonThinkingPrefix = NoThought },
        Chatml("qwen3_thinking") with { IsThinking = true, ThinkingPrefix = "<think>\n" },
        Chatml("qwen3_nothinking"),
        Chatml("mimo_rl") with { DefaultSystem = "You are MiMo, an AI assistant developed by Xiaomi." },
        new("llama", ["<s>[INST] "], ["{{QUERY}} [/INST]"], ["</s><s>[INST] "], ["</s>"])
            { SystemPrefix = ["<s>[INST] <<SYS>>\n{{SYSTEM}}\n<</SYS>>\n\n"], NeedsSystem = true },
        Llama3("llama3", ["<|begin_of_text|>"], ["<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{{SYSTEM}}<|eot_id|>"]),
        Llama3("llama3_2", [LlamaDate("")], [LlamaDate("{{SYSTEM}}")]),
        new("mistral_nemo", ["<s>[INST] "], ["{{SYSTEM}}\n\n", "{{QUERY}}[/INST]"], ["</s>[INST] "], ["</s>"]) { SystemInLastPrompt = true },
        Chatglm("chatglm4", [], ["<|system|>\n{{SYSTEM}}"]),
        Chatglm("glm4", ["[gMASK]<sop>"], ["[gMASK]<sop><|system|>\n{{SYSTEM}}"]) with { ThinkingPrefix = "<think>" },
        new("chatglm2", [], ["[Round {{ROUND1}}]\n\n问：{{QUERY}}\n\n答："], ["\n\n"], [TemplatePiece.Eos]) { SystemPrefix = ["{{SYSTEM}}"], AddsTokenizerEnds = true },
        new("deepseek", [TemplatePiece.Bos], ["User: {{QUERY}}\n\nAssistant:"], [TemplatePiece.Eos], [TemplatePiece.Eos]) { SystemPrefix = [TemplatePiece.Bos, "{{SYSTEM}}\n\n"] },
        new("gemma", ["<bos>"], ["<start_of_turn>user\n{{QUERY}}<end_of_turn>\n<start_of_turn>model\n"], ["<end_of_turn>\n"], ["<end_of_turn>"])
            { SystemPrefix = ["<bos><start_of_turn>system\n{{SYSTEM}}<end_of_turn>\n"] },
        new("ling", [], ["<role>HUMAN</role>{{QUERY}}<role>ASSISTANT</role>"], [], ["<|endoftext|>"]) { SystemPrefix = ["<role>SYSTEM</role>{{SYSTEM}}"] },
        new("dots1", ["<|system|><|endofsystem|>"], ["<|userprompt|>{{QUERY}}<|endofuserprompt|><|response|>"], ["<|endofresponse|>"], ["<|endofresponse|>"])
            { SystemPrefix = ["<|system|>{{SYSTEM}}<|endofsystem|>"], DefaultSystem = Helpful },
        new("hunyuan_moe", ["<|startoftext|>"], ["{{QUERY}}<|extra_0|>"], ["<|eos|><|startoftext|>"], ["<|eos|>"]) { SystemPrefix = ["<|startoftext|>{{SYSTEM}}<|extra_4|>"] },
        new("zephyr", [], ["<|user|>\n{{QUERY}}</s>\n<|assistant|>\n"], ["</s>\n"], ["</s>"]) { SystemPrefix = ["<|system|>\n{{SYSTEM}}</s>\n"] },
    }.ToDictionary(t => t.Name, StringComparer.Ordinal);

    /// <summary>Every name, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A template by its name; the date stands in those that tell it.</summary>
    public static NamedTemplate Get(string name, DateTime now)
    {
        if (!s_all.TryGetValue(name, out var template)) { throw Throw.Unknown(name); }
        var date = now.ToString("dd MMM yyyy", CultureInfo.InvariantCulture);
        return template with { Prefix = Dated(template.Prefix, date), SystemPrefix = template.SystemPrefix is { } system ? Dated(system, date) : null };
    }

    static IReadOnlyList<TemplatePiece> Dated(IReadOnlyList<TemplatePiece> pieces, string date) =>
        [.. pieces.Select(p => p with { Text = p.Text.Replace("{{DATE}}", date, StringComparison.Ordinal) })];

    static NamedTemplate Chatml(string name) => new(name, [], ["<|im_start|>user\n{{QUERY}}<|im_end|>\n<|im_start|>assistant\n"], ["<|im_end|>\n"], ["<|im_end|>\n"])
    {
        SystemPrefix = ["<|im_start|>system\n{{SYSTEM}}<|im_end|>\n"],
        StopWords = ["<|endoftext|>"],
        Tools = ToolStyle.Hermes,
    };

    static NamedTemplate Llama3(string name, IReadOnlyList<TemplatePiece> prefix, IReadOnlyList<TemplatePiece> system) => new(
        name, prefix, ["<|start_header_id|>user<|end_header_id|>\n\n{{QUERY}}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"], ["<|eot_id|>"], ["<|eot_id|>"])
    {
        SystemPrefix = system,
        Tools = ToolStyle.Llama3,
    };

    static string LlamaDate(string system) =>
        $"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: {{{{DATE}}}}\n\n{system}<|eot_id|>";

    static NamedTemplate Chatglm(string name, IReadOnlyList<TemplatePiece> prefix, IReadOnlyList<TemplatePiece> system) => new(
        name, prefix, ["<|user|>\n{{QUERY}}<|assistant|>\n"], [], ["<|user|>"])
    {
        SystemPrefix = system,
        AddsTokenizerEnds = true,
        StopWords = ["<|endoftext|>", "<|user|>", "<|observation|>"],
        StripsOpenNewline = true,
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception Unknown(string name) => throw new UnsupportedDataException("TPL-6.2", "template", $"'{name}' is no template that we know; known are {string.Join(", ", Names)}");
    }
}
