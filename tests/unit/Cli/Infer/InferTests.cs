using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Export;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Cli.Infer;

public sealed class InferTests
{
    const string Each = "{% for m in messages %}{{ m.content }} {% endfor %}";

    [Theory]
    [InlineData("qwen3")]
    [InlineData("qwen3_next")]
    [InlineData("deepseek_v3-yarn")]
    [Clause("INF-6.8")]
    [Clause("INF-6.3")]
    public void APlainTextIsGoneOnWithAsTransformersDoes(string name)
    {
        var (prompt, greedy) = AskedModel.Expected(name);
        using var model = new AskedModel($"forward/{name}", 40);
        Assert.Equal(greedy, model.Answer("--prompt", prompt, "--max_new_tokens", "8"));
        Assert.Equal(greedy, model.Answer("--prompt", prompt, "--max_new_tokens", "8", "--temperature", "0", "--no_template", "--stream", "true"));
    }

    [Fact]
    [Clause("INF-6.2")]
    public void AnAnswerEndsBeforeWhatEndsIt()
    {
        var (prompt, greedy) = AskedModel.Expected("qwen3");
        var words = greedy.Split(' ');
        var before = string.Join(' ', words[..Array.IndexOf(words, words[4])]);
        using (var model = new AskedModel("forward/qwen3", 40, generation: $$"""{"eos_token_id": [39, {{words[4][1..]}}]}"""))
        {
            Assert.Equal(before, model.Answer("--prompt", prompt, "--max_new_tokens", "8"));
            var json = JsonNode.Parse(model.Ask("--prompt", prompt, "--max_new_tokens", "8", "--json").Out)!;
            Assert.Equal("stop", (string)json["results"]![0]!["finish_reason"]!);
            Assert.Equal(Array.IndexOf(words, words[4]) + 1, (int)json["completion_tokens"]!);
        }
        using (var model = new AskedModel("forward/qwen3", 40))
        {
            Assert.Equal(before, model.Answer("--prompt", prompt, "--max_new_tokens", "8", "--stop_words", words[4]));
            Assert.Equal(greedy[..greedy.IndexOf($"{words[2]} {words[3]}", StringComparison.Ordinal)], model.Answer("--prompt", prompt, "--max_new_tokens", "8", "--stream", "--stop_words", $"{words[2]} {words[3]}"));
        }
    }

    [Fact]
    [Clause("INF-6.3")]
    public void WhatNoFlagSaysIsTheModelsOwn()
    {
        var (prompt, greedy) = AskedModel.Expected("qwen3");
        using var model = new AskedModel("forward/qwen3", 40, generation: """{"do_sample": true, "temperature": 5.0, "top_k": 1, "eos_token_id": []}""");
        Assert.Equal(greedy, model.Answer("--prompt", prompt, "--max_new_tokens", "8"));
        var drawn = model.Answer("--prompt", prompt, "--max_new_tokens", "8", "--top_k", "0");
        Assert.NotEqual(greedy, drawn);
        Assert.Equal(drawn, model.Answer("--prompt", prompt, "--max_new_tokens", "8", "--top_k", "-1"));
        Assert.NotEqual(drawn, model.Answer("--prompt", prompt, "--max_new_tokens", "8", "--top_k", "0", "--seed", "7"));
        Assert.Equal(greedy, model.Answer("--prompt", prompt, "--max_new_tokens", "8", "--top_k", "0", "--temperature", "0"));
        model.Write("generation_config.json", "[]");
        Assert.Contains("[INF-6.3]", model.Ask("--prompt", prompt).Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("INF-6.4")]
    public void AConversationGivesTheModelTheRoundsBefore()
    {
        using var model = new AskedModel("forward/qwen3", 40, Each);
        string[] limit = ["--max_new_tokens", "3"];
        var first = model.Answer(["--prompt", "w5 w6", .. limit]);
        var second = model.Answer(["--prompt", $"w5 w6 {first} w7", .. limit]);
        var other = model.Answer(["--prompt", "w9 w7", .. limit]);
        var line = new string('-', 50);
        Assert.Equal($"{first}\n{line}\n{second}\n{line}\n", model.Talk("w5 w6\nw7\nexit\nw8\n", limit).Out);
        Assert.Equal($"{first}\n{line}\n{first}\n{line}\n", model.Talk("w5 w6\nclear\n\nmulti-line\nw5\nw6#\n", limit).Out);
        Assert.Equal($"{first}\n{line}\n{other}\n{line}\n", model.Talk("w5 w6\nreset-system\nw9\nw7\nQUIT\n", limit).Out);
        Assert.Equal($"{other}\n{line}\n", model.Talk("multi-line\nsingle-line\nw7\n", [.. limit, "--system", "w9"]).Out);
    }

    [Fact]
    [Clause("INF-6.5")]
    public void RowsOfAFileAreAnsweredInTheirOrder()
    {
        using var model = new AskedModel("forward/qwen3", 40, Each);
        model.Write("rows.jsonl", """
            {"messages": [{"role": "system", "content": "w1"}, {"role": "user", "content": "w5 w6"}, {"role": "assistant", "content": "gold"}]}
            {"messages": [{"role": "user", "content": "w7"}, {"role": "assistant", "content": "w8"}, {"role": "user", "content": "w9 w10 w11"}]}
            {"messages": [{"role": "user", "content": "w12"}]}
            """);
        foreach (var more in new string[][] { ["--max_batch_size", "1"], ["--max_batch_size", "2"], ["--stream", "true"] })
        {
            var path = model["out.jsonl"];
            File.Delete(path);
            Assert.Equal(0, model.Ask(["--val_dataset", model["rows.jsonl"], "--result_path", path, "--max_new_tokens", "4", .. more]).ExitCode);
            var results = File.ReadAllLines(path).Select(static line => JsonNode.Parse(line)!.AsObject()).ToArray();
            Assert.Equal(3, results.Length);
            Assert.All(results, static result => Assert.Equal(["response", "labels", "logprobs", "messages"], result.Select(static pair => pair.Key)));
            Assert.Equal(["gold", null, null], results.Select(static result => (string?)result["labels"]));
            Assert.Equal(["w1 w5 w6", "w7 w8 w9 w10 w11", "w12"], results.Select(static result => string.Join(' ', result["messages"]!.AsArray().SkipLast(1).Select(static message => (string)message!["content"]!))));
            foreach (var result in results)
            {
                Assert.Equal((string)result["response"]!, (string)result["messages"]!.AsArray()[^1]!["content"]!);
                var asked = string.Join(' ', result["messages"]!.AsArray().SkipLast(1).Select(static message => (string)message!["content"]!));
                Assert.Equal(model.Answer("--prompt", asked, "--max_new_tokens", "4"), (string)result["response"]!);
            }
        }
    }

    [Fact]
    [Clause("INF-6.5")]
    public void QuestionsNeedNoAnswers()
    {
        using var model = new AskedModel("forward/qwen3", 40, Each);
        model.Write("rows.jsonl", """
            {"question": "w5 w6", "id": 7}
            {"question": "w7", "id": 8}
            """);
        var run = model.Ask("--dataset", model["rows.jsonl"] + "#1", "--result_path", model["out.jsonl"], "--max_new_tokens", "2");
        Assert.Equal((0, 1), (run.ExitCode, File.ReadAllLines(model["out.jsonl"]).Length));
        model.Write("none.jsonl", """{"id": 7}""");
        Assert.Equal(3, model.Ask("--dataset", model["none.jsonl"], "--result_path", model["out.jsonl"]).ExitCode);
        model.Write("number.jsonl", """{"question": 7}""");
        Assert.Contains("[INF-6.5]", model.Ask("--dataset", model["number.jsonl"], "--result_path", model["out.jsonl"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("INF-6.6")]
    public void TheRunsArgsSayWhatNoFlagSays()
    {
        using var model = new AskedModel("forward/qwen3", 40, Each);
        model.Write("val.jsonl", """{"messages": [{"role": "user", "content": "w5"}, {"role": "assistant", "content": "w6"}]}""");
        model.Write("args.json", new JsonObject { ["system"] = "w9", ["template"] = "unheard-of", ["val_dataset"] = new JsonArray(model["val.jsonl"]) }.ToJsonString());
        var run = model.Ask("--load_data_args", "true", "--max_new_tokens", "3", "--result_path", model["out.jsonl"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("unheard-of", run.Error, StringComparison.Ordinal);
        File.Delete(model["args.json"]);
        Assert.Equal(model.Answer("--prompt", "w9 w5", "--max_new_tokens", "3"), (string)JsonNode.Parse(File.ReadAllText(model["out.jsonl"]))!["response"]!);
        Assert.Contains("[INF-6.6]", model.Ask("--load_data_args").Error, StringComparison.Ordinal);
        model.Write("args.json", """{"val_dataset": []}""");
        Assert.Contains("[INF-6.6]", model.Ask("--load_data_args").Error, StringComparison.Ordinal);
        model.Write("args.json", "7");
        Assert.Contains("[INF-6.6]", model.Ask("--prompt", "w5").Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("INF-6.6")]
    public void RowsThatTheRunSplitOffAreAskedAgain()
    {
        using var model = new AskedModel("forward/qwen3", 40, Each);
        model.Write("train.jsonl", string.Concat(Enumerable.Range(3, 20).Select(static id => $$"""{"query": "w{{id}}", "response": "w1"}""" + "\n")));
        model.Write("run/args.json", new JsonObject { ["dataset"] = new JsonArray(model["train.jsonl"]), ["split_dataset_ratio"] = 0.2 }.ToJsonString());
        string[] line = ["--load_data_args", "--max_new_tokens", "1", "--result_path", model["out.jsonl"]];
        foreach (var name in new[] { "config.json", "model.safetensors", "tokenizer.json", "generation_config.json" }) { File.Copy(model[name], model["run/" + name]); }
        Assert.Equal(0, AskedModel.Run("", ["--model", model["run"], .. line]).ExitCode);
        Assert.Equal(4, File.ReadAllLines(model["out.jsonl"]).Length);
        File.Delete(model["out.jsonl"]);
        model.Write("run/val_dataset.jsonl", """{"messages": [{"role": "user", "content": "w5"}]}""");
        Assert.Equal(0, AskedModel.Run("", ["--model", model["run"], .. line]).ExitCode);
        Assert.Single(File.ReadAllLines(model["out.jsonl"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--adapters a --mcore_adapter b --model m")]
    [InlineData("--model {0} --prompt w5 --val_dataset x.jsonl")]
    [InlineData("--adapters {0}")]
    [Clause("INF-6.1")]
    public void LinesThatSayNoOneThingAreRefused(string line)
    {
        using var model = new AskedModel("forward/qwen3", 40);
        var run = AskedModel.Run("", string.Format(System.Globalization.CultureInfo.InvariantCulture, line, model.Folder).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, true), (run.ExitCode, run.Error.Contains("[INF-6.1]", StringComparison.Ordinal)));
    }

    [Fact]
    [Clause("INF-6.1")]
    public void AMegatronCheckpointAnswersAsTheModelItWasMadeFrom()
    {
        using var model = new AskedModel("hf/llama", 259);
        string[] line = ["--prompt", "w5 w6 w200 w7", "--max_new_tokens", "6"];
        var run = AskedModel.Run("", ["--mcore_model", Repository.Vector("torch_dist", "llama-tp2pp1"), "--model", model.Folder, .. line]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(model.Answer(line), run.Out.TrimEnd('\n'));
        // Without a folder there is a config, rebuilt, and no tokenizer.
        Assert.Contains("[INF-6.1]", AskedModel.Run("", ["--mcore_model", Repository.Vector("torch_dist", "llama-tp2pp1"), .. line]).Error, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("INF-6.1")]
    public void AnAdapterAnswersAsTheModelItIsMergedInto()
    {
        using var model = new AskedModel("hf/qwen3", 259);
        using var folder = new TemporaryFolder();
        var adapter = Repository.Vector("peft", "accept", "qwen3", "subset_layers");
        string[] line = ["--prompt", "w5 w6 w200 w7", "--max_new_tokens", "6"];
        var adapted = model.Ask(["--adapters", adapter, .. line]);
        Assert.True(adapted.ExitCode == 0, adapted.Error);
        var merged = ProgramRun.Of(["export", "--model", model.Folder, "--adapters", adapter, "--to_hf", "true", "--merge_lora", "true", "--output_dir", folder["merged"]], commands: [new ExportCommand(new ConversionRunner())]);
        Assert.True(merged.ExitCode == 0, merged.Error);
        Assert.Equal(AskedModel.Run("", ["--model", folder["merged"], .. line]).Out, adapted.Out);
    }

    [Fact]
    [Clause("CLI-1.8")]
    public void FlagsOfOtherEnginesAreNoted()
    {
        using var model = new AskedModel("forward/qwen3", 40);
        var run = model.Ask("--infer_backend", "vllm", "--vllm_max_model_len", "8192", "--prompt", "w5", "--max_new_tokens", "1");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("--infer_backend vllm", run.Error, StringComparison.Ordinal);
        Assert.Contains("--vllm_max_model_len", run.Error, StringComparison.Ordinal);
        Assert.Equal(4, model.Ask("--num_beams", "3", "--prompt", "w5").ExitCode);
    }
}
