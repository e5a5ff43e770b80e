using Ckpt.Data;
using Ckpt.Data.Templates.Named;
using Ckpt.Data.Tokenizers;
using Ckpt.Kit;
using Ckpt.Trainer.Datasets;
using Xunit;

namespace Ckpt.TrainerTests.Datasets;

public sealed class DatasetLoaderTests
{
    static readonly Tokenizer s_tokenizer = Tokenizer.Load(Path.Combine(Repository.Root, "spec/vectors/tokenizers/qwen_style"));

    [Fact, Clause("TRL-3.3")]
    public void SeveralDataSetsAreSampledSplitAndShuffled()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["a.jsonl"], Enumerable.Range(0, 40).Select(i => $$"""{"query": "a{{i}}", "response": "r{{i}}"}"""));
        File.WriteAllLines(folder["b.jsonl"], Enumerable.Range(0, 10).Select(i => $$"""{"messages": [{"role": "user", "content": "b{{i}}"}, {"role": "assistant", "content": "r{{i}}"}]}"""));
        var loaded = Loader(new DatasetOptions { Training = [folder["a.jsonl"] + "#20", folder["b.jsonl"] + "#25"], SplitRatio = 0.2 }).Load();
        Assert.Equal((36, 9), (loaded.Training.Count, loaded.Validation.Count));
        var all = loaded.Training.Concat(loaded.Validation).Select(e => e.Messages[0].Content).ToList();
        Assert.Equal(20, all.Where(q => q[0] == 'a').Distinct().Count());
        Assert.All(all.Where(q => q[0] == 'b').CountBy(q => q), q => Assert.InRange(q.Value, 2, 3));
        // Shuffled: the rows of both stand among each other.
        Assert.Contains('b', loaded.Training.Take(16).Select(e => e.Messages[0].Content[0]));

        var given = Loader(new DatasetOptions { Training = [folder["a.jsonl"]], Validation = [folder["b.jsonl"]], SplitRatio = 0.2, Shuffle = false }).Load();
        Assert.Equal((40, 10), (given.Training.Count, given.Validation.Count));
        Assert.Equal("a0", given.Training[0].Messages[0].Content);
    }

    [Fact, Clause("TRL-3.3")]
    public void AStreamGivesTheRowsOfItsFiles()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["a.jsonl"], Enumerable.Range(0, 40).Select(i => $$"""{"query": "a{{i}}", "response": "r{{i}}"}"""));
        var loader = Loader(new DatasetOptions { Training = [folder["a.jsonl"] + "#30"], ShuffleBuffer = 8 });
        var first = loader.Stream(0).Select(e => e.Messages[0].Content).ToList();
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"a{i}").Order(), first.Order());
        Assert.NotEqual(first, loader.Stream(1).Select(e => e.Messages[0].Content));
        Assert.Equal(first, loader.Stream(0).Select(e => e.Messages[0].Content));
    }

    [Fact, Clause("TRL-3.3")]
    public void BrokenRowsAreCountedOrEndTheRun()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["a.jsonl"], ["""{"query": "a", "response": "b"}""", "{", """{"query": "", "response": "b"}"""]);
        var notes = new List<string>();
        Assert.Single(new DatasetLoader(new DatasetOptions { Training = [folder["a.jsonl"]] }, _ => null, notes.Add).Load().Training);
        Assert.Contains(notes, n => n.Contains("1 broken rows", StringComparison.Ordinal));
        Assert.Contains(notes, n => n.Contains("1 rows without", StringComparison.Ordinal));
        Assert.Throws<MalformedDataException>(() => Loader(new DatasetOptions { Training = [folder["a.jsonl"]], Strict = true }).Load());
    }

    [Fact, Clause("TRL-3.3")]
    public void TwoNamesAreForChineseRowsAndOthers()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["a.jsonl"], ["""{"query": "who are you?", "response": "I am {{NAME}} of {{AUTHOR}}."}""", """{"query": "你是谁？", "response": "我是{{NAME}}，来自{{AUTHOR}}。"}"""]);
        var loaded = Loader(new DatasetOptions { Training = [folder["a.jsonl"]], Shuffle = false, ModelNames = ["小黄", "Huang"], ModelAuthors = ["swift"] }).Load();
        Assert.Equal(["I am Huang of swift.", "我是小黄，来自swift。"], loaded.Training.Select(e => e.Messages[1].Content));
    }

    [Fact, Clause("TRL-3.3"), Clause("TRL-3.4")]
    public void RowsBecomeTokensAndWhatIsTooLongIsCounted()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["a.jsonl"],
        [
            """{"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "world", "loss_scale": 1}]}""",
            $$"""{"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "{{string.Concat(Enumerable.Repeat("longer ", 60))}}"}]}""",
            """{"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "world", "loss_scale": 0.5}]}""",
            """{"messages": [{"role": "user", "content": "weather?"}, {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "now", "arguments": "{\"at\": 1}"}}]}, {"role": "tool", "content": "rain"}, {"role": "assistant", "content": "rain"}]}""",
        ]);
        var examples = Loader(new DatasetOptions { Training = [folder["a.jsonl"]], Shuffle = false }).Load().Training;
        var settings = new EncodeSettings { MaxLength = 100 };
        var encoder = new SampleEncoder(SwiftTemplates.Get("qwen3_nothinking", DateTime.UnixEpoch), settings, TemplateTokenizer.Of(s_tokenizer));
        var rows = new RowEncoder(encoder, strict: false, threads: 2).Encode(examples, default);
        Assert.Equal((2, 1, 1), (rows.Rows.Count, rows.TooLong, rows.Broken));
        Assert.Contains("TRL-3.4", rows.FirstFault, StringComparison.Ordinal);
        Assert.Equal("<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\nworld<|im_end|>\n", s_tokenizer.Decode(rows.Rows[0].Ids));
        Assert.Equal("world<|im_end|>\n", s_tokenizer.Decode([.. rows.Rows[0].Labels.Where(l => l != TrainingRow.Ignored)]));
        Assert.Contains("""<tool_call>\n{"name": "now", "arguments": {"at": 1}}\n</tool_call>""".Replace("\\n", "\n", StringComparison.Ordinal), s_tokenizer.Decode(rows.Rows[1].Ids), StringComparison.Ordinal);
        var fault = Assert.Throws<UnsupportedDataException>(() => new RowEncoder(encoder, strict: true, threads: 1).Encode(examples, default));
        Assert.Equal("TRL-3.4", fault.Clause);
        Assert.Equal(3, rows.Summary("train").Count());
        Assert.Equal(2, new RowEncoder(encoder, strict: false, threads: 1).Encode(examples.AsEnumerable()).Count());
    }

    [Theory, Clause("TRL-3.5")]
    [InlineData("qwen3", "…enable_thinking…", "/m/Qwen3-8B", "qwen3")]
    [InlineData("qwen3_moe", "", "Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3_nothinking")]
    [InlineData("qwen3_moe", "", "Qwen/Qwen3-30B-A3B-Thinking-2507/", "qwen3_thinking")]
    [InlineData("qwen2", "You are Qwen, created by Alibaba Cloud. You", "base", "qwen2_5")]
    [InlineData("qwen2", null, "Qwen/Qwen2.5-7B-Instruct", "qwen2_5")]
    [InlineData("qwen2", "You are a helpful assistant.", "Qwen/Qwen2-7B-Instruct", "qwen")]
    [InlineData("llama", "<|start_header_id|> Cutting Knowledge Date", "x", "llama3_2")]
    [InlineData("llama", "<|start_header_id|>", "x", "llama3")]
    [InlineData("llama", null, "x", null)]
    [InlineData("other", "<|im_start|>", "x", "chatml")]
    [InlineData(null, null, "x", null)]
    public void TheTemplateFollowsFromTheModel(string? type, string? own, string name, string? expected)
    {
        Assert.Equal(expected, TemplateChoice.Of(type, own, name));
        if (expected is not null) { Assert.Contains(expected, SwiftTemplates.Names); }
    }

    static DatasetLoader Loader(DatasetOptions options) => new(options, _ => null, _ => { });
}
