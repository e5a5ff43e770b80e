using System.Text.Json;
using Ckpt.Cli.Flags;
using Ckpt.Cli.Looking;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli;

public sealed class ChatTokensTests : IDisposable
{
    static readonly DateTime s_now = new(2024, 7, 26, 12, 34, 56);
    readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Folders =>
        [.. Directory.GetDirectories(Repository.Vector("tokenizers")).Where(static f => File.Exists(Path.Combine(f, "expected.json"))).Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    /// <summary>apply_chat_template of transformers: ids and assistant masks.</summary>
    [Theory, MemberData(nameof(Folders)), Clause("TOK-10.4")]
    public void AConversationIsWhatTransformersMakesOfIt(string name)
    {
        var folder = Repository.Vector("tokenizers", name);
        var tokenizer = Tokenizer.Load(folder);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        if (!expected.RootElement.TryGetProperty("chat", out var cases)) { return; }
        foreach (var chat in cases.EnumerateArray().Where(static c => c.GetProperty("same_as_raw_tokenizer").GetBoolean()))
        {
            File.WriteAllText(_folder["chat.json"], chat.GetProperty("messages").GetRawText());
            var options = new ChatOptions(null, null, null, chat.GetProperty("add_generation_prompt").GetBoolean(), s_now);
            var found = ChatTokens.Of(tokenizer, _folder["chat.json"], options);
            Assert.Equal(chat.GetProperty("input_ids").EnumerateArray().Select(static i => i.GetInt32()), found.Ids);
            if (chat.GetProperty("assistant_masks").ValueKind == JsonValueKind.Null)
            {
                Assert.Null(found.Mask); // a template without {% generation %}
                continue;
            }
            var masks = chat.GetProperty("assistant_masks").EnumerateArray().Select(static i => i.GetInt32() == 1).ToList();
            Assert.Equal(masks, found.Mask ?? Enumerable.Repeat(false, masks.Count));
        }
    }

    [Fact, Clause("TOK-10.4")]
    public void ANamedTemplateMarksTheAnswersAndTheirEnd()
    {
        var tokenizer = Tokenizer.Load(Repository.Vector("tokenizers", "qwen_style"));
        File.WriteAllText(_folder["row.jsonl"], """{"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi there!"}]}""" + "\n{}\n");
        var found = ChatTokens.Of(tokenizer, _folder["row.jsonl"], new ChatOptions("chatml", null, null, false, s_now));
        var trained = found.Ids.Where((_, i) => found.Mask![i]);
        Assert.StartsWith("Hi there!<|im_end|>", tokenizer.Decode([.. trained]), StringComparison.Ordinal);
    }

    [Fact, Clause("TOK-10.4")]
    public void WhatIsNoConversationIsRefused()
    {
        var tokenizer = Tokenizer.Load(Repository.Vector("tokenizers", "qwen_style"));
        File.WriteAllText(_folder["text"], "Hello\nthere\n");
        Assert.Equal("TOK-10.4", Assert.Throws<UsageException>(() => ChatTokens.Of(tokenizer, _folder["text"], new ChatOptions(null, null, null, false, s_now))).Clause);
    }
}
