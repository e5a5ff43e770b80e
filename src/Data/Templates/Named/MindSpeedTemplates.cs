using System.Diagnostics.CodeAnalysis;

namespace Ckpt.Data.Templates.Named;

/// <summary>The templates of MindSpeed-LLM by name (<c>--prompt-type</c>), as its <c>templates.json</c> of 2026 has them (TPL-9.1).</summary>
public static class MindSpeedTemplates
{
    const string Helpful = "You are a helpful assistant.";

    static readonly TemplatePiece s_imEnd = TemplatePiece.Token("<|im_end|>");
    static readonly IReadOnlyList<TemplatePiece> s_imUser = ["<|im_start|>user\n{{content}}<|im_end|>\n<|im_start|>assistant\n"];
    static readonly IReadOnlyList<TemplatePiece> s_imSystem = ["<|im_start|>system\n{{content}}<|im_end|>\n"];
    static readonly IReadOnlyList<TemplatePiece> s_closed = ["{{content}}", TemplatePiece.Eos];
    static readonly IReadOnlyList<TemplatePiece> s_open = ["{{content}}"];

    static readonly Dictionary<string, MindSpeedTemplate> s_all = new MindSpeedTemplate[]
    {
        new("default", ["Human: {{content}}\nAssistant:"], s_closed) { System = ["{{content}}\n"], Separator = ["\n"] },
        new("empty", s_open, s_open),
        new("trl", s_open, s_open) { Prefix = [TemplatePiece.Bos] },
        new("alpaca", ["### Instruction:\n{{content}}\n\n### Response:\n"], s_closed)
        {
            Separator = ["\n\n"],
            DefaultSystem = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n",
        },
        new("qwen", s_imUser, ["{{content}}", s_imEnd])
        {
            System = s_imSystem, Separator = ["\n"], DefaultSystem = Helpful,
            Observation = ["<|im_start|>tool\n{{content}}<|im_end|>\n<|im_start|>assistant\n"],
        },
        new("qwen_lf", s_imUser, ["{{content}}<|im_end|>\n"])
        {
            System = s_imSystem, Kind = MindSpeedKind.LlamaFactory, DefaultSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
        },
        new("qwen3", s_imUser, ["{{content}}<|im_end|>\n"])
        {
            System = s_imSystem, Kind = MindSpeedKind.Reasoning,
            Observation = ["<|im_start|>user\n<tool_response>\n{{content}}\n</tool_response><|im_end|>\n<|im_start|>assistant\n"],
        },
        new("chatml", s_imUser, s_closed) { System = s_imSystem, Separator = ["\n"] },
        new("chatml_de", s_imUser, s_closed) { System = s_imSystem, Separator = ["\n"], NeedsSystem = true },
        new("llama2", [TemplatePiece.Bos, "[INST] {{content}} [/INST]"], s_closed) { System = ["<<SYS>>\n{{content}}\n<</SYS>>\n\n"], Kind = MindSpeedKind.Llama2 },
        new("llama3", ["<|start_header_id|>user<|end_header_id|>\n\n{{content}}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"], ["{{content}}", TemplatePiece.Token("<|eot_id|>")])
        {
            Prefix = [TemplatePiece.Bos], System = ["<|start_header_id|>system<|end_header_id|>\n\n{{content}}<|eot_id|>"],
            Observation = ["<|start_header_id|>tool<|end_header_id|>\n\n{{content}}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"],
        },
        Deepseek2("deepseek2"), Deepseek2("deepseek2-lite"), Deepseek2("minicpm3"),
        new("deepseek3", ["<｜User｜>{{content}}<｜Assistant｜>"], s_closed) { Prefix = [TemplatePiece.Bos] },
        Glm4("glm4", MindSpeedKind.Plain), Glm4("glm4_moe", MindSpeedKind.Reasoning),
        new("chatglm2", ["[Round {{idx}}]\n\n问：{{content}}\n\n答："], s_open)
        {
            Prefix = [TemplatePiece.Token("[gMASK]"), TemplatePiece.Token("sop")], Separator = ["\n\n"], EfficientEos = true,
        },
        Chatglm3("chatglm3"), Chatglm3("chatglm3_system"),
        Mistral("mistral"), Mistral("mixtral"),
        new("magistral", ["[INST]{{content}}[/INST]"], s_closed)
        {
            Prefix = [TemplatePiece.Bos], System = ["[SYSTEM_PROMPT]{{content}}[/SYSTEM_PROMPT]"], NeedsSystem = true, Kind = MindSpeedKind.Reasoning,
        },
        new("gemma", ["<start_of_turn>user\n{{content}}<end_of_turn>\n<start_of_turn>model\n"], s_open)
        {
            Prefix = [TemplatePiece.Bos], Separator = ["<end_of_turn>\n"], EfficientEos = true,
        },
        new("intern2", s_imUser, ["{{content}}<|im_end|>\n"]) { Prefix = [TemplatePiece.Bos], System = s_imSystem },
        new("baichuan2", ["<reserved_106>{{content}}<reserved_107>"], s_open) { EfficientEos = true },
        new("bailing_mini", ["<role>HUMAN</role>{{content}}<|role_end|><role>ASSISTANT</role>"], ["{{content}}<|role_end|>"])
        {
            System = ["<role>SYSTEM</role>{{content}}<|role_end|>"], EfficientEos = true,
        },
        new("plm", s_imUser, ["{{content}}<|im_end|>\n"]) { System = s_imSystem, DefaultSystem = Helpful },
        new("gpt_oss", ["<|start|>user<|message|>{{content}}<|end|><|start|>assistant"], ["{{content}}<|end|>"])
        {
            System = ["<|start|>system<|message|>{{content}}<|end|>"], Kind = MindSpeedKind.Reasoning,
            ThoughtBegin = "<|channel|>analysis<|message|>", ThoughtEnd = "<|end|><|start|>assistant<|channel|>final<|message|>",
        },
    }.ToDictionary(t => t.Name, StringComparer.Ordinal);

    /// <summary>Every name, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A template by its name.</summary>
    public static MindSpeedTemplate Get(string name) => s_all.TryGetValue(name, out var template) ? template : throw Throw.Unknown(name);

    static MindSpeedTemplate Deepseek2(string name) => new(name, ["User: {{content}}\n\nAssistant:"], s_closed) { Prefix = [TemplatePiece.Bos], System = ["{{content}}\n\n"] };

    static MindSpeedTemplate Mistral(string name) => new(name, ["[INST] {{content}} [/INST]"], s_closed) { Prefix = [TemplatePiece.Bos] };

    static MindSpeedTemplate Glm4(string name, MindSpeedKind kind) => new(name, ["<|user|>\n{{content}}<|assistant|>"], ["\n{{content}}"])
    {
        Prefix = ["[gMASK]<sop>"],
        System = ["<|system|>\n{{content}}"],
        Observation = ["<|observation|>\n{{content}}<|assistant|>"],
        EfficientEos = true,
        Kind = kind,
    };

    static MindSpeedTemplate Chatglm3(string name) => new(name, [TemplatePiece.Token("<|user|>"), "\n{{content}}", TemplatePiece.Token("<|assistant|>")], ["\n{{content}}"])
    {
        Prefix = [TemplatePiece.Token("[gMASK]"), TemplatePiece.Token("sop")],
        System = [TemplatePiece.Token("<|system|>"), "\n{{content}}"],
        EfficientEos = true,
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static Exception Unknown(string name) => throw new UnsupportedDataException("TPL-9.2", "prompt-type", $"'{name}' is no template that we know; known are {string.Join(", ", Names)}");
    }
}
