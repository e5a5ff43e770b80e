using Ckpt.Data;
using Ckpt.Data.Datasets;
using Ckpt.Data.Packing;
using Ckpt.Data.Preprocessing;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Data;

/// <summary>Conversations by template and tokenizer, read back as text: what is given, and what is learned.</summary>
public sealed class MindSpeedChatTests
{
    const string Start = "<|im_start|>";
    const string End = "<|im_end|>\n";
    const string Empty = "<think>\n\n</think>\n\n";

    static readonly string s_folder = Repository.Vector("tokenizers", "qwen_style");
    static readonly Tokenizer s_tokenizer = Tokenizer.Load(s_folder);

    static readonly DatasetExample s_example = new()
    {
        Messages = [new("system", "S"), new("user", "Q"), new("assistant", "<think>\nhm\n</think>\n\nA"), new("user", "R"), new("assistant", "B")],
        Where = "rows:1",
    };

    [Theory, Clause("DAT-6.2")]
    [InlineData(true, "", Empty)]
    [InlineData(null, Empty, "")]
    public void EveryAnswerIsLearned(bool? thinking, string given, string learned)
    {
        var sample = new EncoderFactory().OpenChat(s_folder, "qwen3", thinking).EncodeAll(s_example, 1000);

        Assert.Equal($"{Start}system\nS{End}{Start}user\nQ{End}{Start}assistant\n<think>\nhm\n</think>\n\nA{End}{Start}user\nR{End}{Start}assistant\n{Empty}B{End}", s_tokenizer.Decode(sample.Ids));
        Assert.Equal([$"<think>\nhm\n</think>\n\nA{End}", $"{learned}B{End}"], Learned(sample));
        Assert.EndsWith($"{Start}assistant\n{given}", Given(sample), StringComparison.Ordinal);
    }

    [Theory, Clause("DAT-6.12")]
    [InlineData(true, Empty + "B" + End)]
    [InlineData(false, "B" + End)]
    [InlineData(null, "B" + End)]
    public void OfAPreferenceTheLastAnswerIsLearned(bool? thinking, string learned)
    {
        var sample = new EncoderFactory().OpenChat(s_folder, "qwen3", thinking).EncodeLast(s_example, s_example.Messages, 1000);

        Assert.Equal($"{Start}system\nS{End}{Start}user\nQ{End}{Start}assistant\nA{End}{Start}user\nR{End}{Start}assistant\n{Empty}B{End}", s_tokenizer.Decode(sample.Ids));
        Assert.Equal([learned], Learned(sample));
    }

    [Fact, Clause("DAT-6.12")]
    public void APreferenceIsShortenedToWhatFits()
    {
        var chat = new EncoderFactory().OpenChat(s_folder, "qwen3", null);
        var whole = chat.EncodeLast(s_example, s_example.Messages, 1000);

        Assert.Equal(whole.Length, chat.EncodeLast(s_example, s_example.Messages, whole.Length + 1).Length);
        Assert.Equal(whole.Length - 1, chat.EncodeLast(s_example, s_example.Messages, whole.Length).Length);
        Assert.Equal(9, chat.EncodeLast(s_example, s_example.Messages, 10).Length);
    }

    [Fact, Clause("DAT-6.13"), Clause("DAT-6.14")]
    public void WhatIsNotWrittenIsRefused()
    {
        var chat = new EncoderFactory().OpenChat(s_folder, "qwen3", null);

        Assert.Equal("DAT-6.13", Assert.Throws<UnsupportedDataException>(() => chat.EncodeAll(s_example with { Tools = "[]" }, 1000)).Clause);
        Assert.Equal("DAT-6.14", Assert.Throws<MalformedDataException>(() => new EncoderFactory().OpenChat(s_folder, null, null)).Clause);
    }

    static List<string> Learned(EncodedSample sample)
    {
        var runs = new List<string>();
        for (var i = 0; i < sample.Length;)
        {
            var end = i;
            while (end < sample.Length && sample.Labels[end] == EncodedSample.Ignored == (sample.Labels[i] == EncodedSample.Ignored)) { end++; }
            if (sample.Labels[i] != EncodedSample.Ignored) { runs.Add(s_tokenizer.Decode(sample.Labels.AsSpan(i, end - i))); }
            i = end;
        }
        return runs;
    }

    static string Given(EncodedSample sample) => s_tokenizer.Decode(sample.Ids.AsSpan(0, Array.LastIndexOf(sample.Labels, EncodedSample.Ignored) + 1));
}
